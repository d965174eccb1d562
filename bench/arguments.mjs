import { parseArgs } from 'node:util'
import { sizes } from './messages.mjs'

const sections = { a: 'throughput', b: 'turns', c: 'memory', d: 'composing', e: 'protecting', f: 'component' }

export const usage = `node bench/run.mjs [--quick] [--only a,b,c,d,e,f] [--sizes 1k,10k,1m,25m] [--connections 1,5] [--rounds N] [--json FILE]

  --quick        three rounds, shorter runs, 1 KB and 25 MB, one connection, files of 256 MB for 1 GB: for a look, not for a claim
  --only         sections: a (throughput and CPU), b (turns), c (memory of a 1 GB message), d (composing), e (S/MIME),
                 f (the component above the engine)
  --json FILE    writes every single run, and the machine, as JSON`

/** What a run does, from its command line. @throws {TypeError} for what is not understood */
export function planOf(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: 'a,b,c,d,e,f' },
      sizes: { type: 'string' },
      connections: { type: 'string' },
      rounds: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const { quick } = values
  return {
    help: values.help,
    quick,
    json: values.json,
    only: list(values.only, '--only', sections).map((letter) => sections[letter]),
    sizes: list(values.sizes ?? (quick ? '1k,25m' : '1k,10k,1m,25m'), '--sizes', sizes),
    connections: numbers(values.connections ?? (quick ? '1' : '1,5'), '--connections'),
    rounds: numbers(values.rounds ?? (quick ? '3' : '5'), '--rounds')[0],
    warmUpMs: quick ? 600 : 1000,
    runMs: quick ? 150 : 250,
    turnMessages: quick ? 120 : 200,
    memoryRounds: numbers(values.rounds ?? (quick ? '1' : '5'), '--rounds')[0],
    fileOctets: (quick ? 256 : 1024) * sizes['1m'],
  }
}

function list(text, option, known) {
  const items = text.toLowerCase().split(',')
  for (const item of items)
    if (!(item in known)) throw new TypeError(`${option}: ${item} is none of ${Object.keys(known)}`)
  return items
}

function numbers(text, option) {
  return text.split(',').map((item) => {
    if (!/^[1-9]\d{0,2}$/.test(item)) throw new TypeError(`${option}: ${item} is not a number from 1 to 999`)
    return Number(item)
  })
}

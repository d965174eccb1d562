import { startComposer } from '../composing/composer.mjs'
import { median } from '../report/statistics.mjs'
import { figure, mebibytes, table, time } from '../report/table.mjs'
import { sizes } from '../messages.mjs'

/**
 * E. What S/MIME adds to composing, against what node:crypto alone needs for the same octets. `added` is the CPU of the protected
 * message less that of the same message without protection; signing reads, and encodes, what is long a second time, so `signing` is that
 * less the CPU of reading the unprotected message once more, which node:crypto over octets in memory does not do either.
 */
export async function protecting(plan) {
  if (plan.missing.posthorn) return []
  const { person, other } = plan.keys
  const sign = { key: person.key, certificate: person.cert }
  const encrypt = (cipher) => ({ certificate: other.cert, cipher })
  const rows = [
    { key: 'sign-100k', name: 'sign 100 KB', draft: '100k', protect: { sign } },
    { key: 'sign-10m', name: 'sign 10 MB', draft: '10m', protect: { sign } },
    {
      key: 'encrypt-10m',
      name: 'encrypt 10 MB, AES-256-CBC',
      draft: '10m',
      protect: { encrypt: encrypt('aes-256-cbc') },
    },
    { key: 'gcm-10m', name: 'encrypt 10 MB, AES-256-GCM', draft: '10m', protect: { encrypt: encrypt('aes-256-gcm') } },
  ]
  const figures = []
  for (const row of rows) {
    figures.push(await measureRow(plan, row))
    plan.progress(`E ${row.name}`)
  }
  plan.print(`\n${tableOf(figures)}`)
  return figures
}

async function measureRow(plan, row) {
  const running = {}
  try {
    running.plain = { child: await startComposer('posthorn', { draft: row.draft }), runs: [] }
    running.own = { child: await startComposer('posthorn', { draft: row.draft, protect: row.protect }), runs: [] }
    if (row.protect.sign)
      running.twice = { child: await startComposer('posthorn', { draft: row.draft, readings: 2 }), runs: [] }
    const { sizeOctets } = await running.plain.child.ask('size')
    running.alone = { child: await startComposer('floor', { sizeOctets, protect: row.protect }), runs: [] }
    for (const each of Object.values(running)) {
      const { perSecond } = await each.child.ask('warmUp', { forMs: plan.warmUpMs })
      each.count = Math.max(3, Math.round((perSecond * plan.runMs) / 1000))
    }
    for (let round = 0; round < plan.rounds; round++)
      for (const { child, runs, count } of Object.values(running)) runs.push(await child.ask('run', { count }))
    const pauses = []
    for (let round = 0; round < plan.rounds; round++) pauses.push(await running.own.child.ask('pause', { count: 3 }))
    const cpu = ({ runs }) => median(runs.map((run) => run.cpuUs / run.count))
    const [plainUs, ownUs, aloneUs] = [running.plain, running.own, running.alone].map(cpu)
    const againUs = running.twice && Math.max(0, cpu(running.twice) - plainUs)
    return {
      key: row.key,
      name: row.name,
      plainOctets: sizeOctets,
      plainUs,
      ownUs,
      aloneUs,
      againUs,
      addedRatio: (ownUs - plainUs) / aloneUs,
      signingRatio: againUs === undefined ? undefined : (ownUs - plainUs - againUs) / aloneUs,
      longestMs: median(pauses.map((pause) => pause.longestMs)),
      busyMs: median(pauses.map((pause) => pause.busyMs)),
      runs: Object.fromEntries(Object.entries(running).map(([name, { runs }]) => [name, runs])),
      pauses,
    }
  } finally {
    for (const { child } of Object.values(running)) child.stop()
  }
}

function tableOf(figures) {
  const head = [
    'what',
    'octets',
    'whole',
    'unprotected',
    'added',
    'read again',
    'node:crypto alone',
    'added/alone',
    'signing/alone',
    'longest pause',
    'own work',
  ]
  const rows = figures.map((each) => [
    each.name,
    each.plainOctets < sizes['1m'] ? `${figure(each.plainOctets / 1024)} KB` : mebibytes(each.plainOctets),
    time(each.ownUs),
    time(each.plainUs),
    time(each.ownUs - each.plainUs),
    time(each.againUs),
    time(each.aloneUs),
    figure(each.addedRatio),
    figure(each.signingRatio),
    `${figure(each.longestMs)} ms`,
    `${figure(each.busyMs)} ms`,
  ])
  return `E. S/MIME of Posthorn, RSA with 2048 bits, CPU for each message\n${table(head, rows)}`
}

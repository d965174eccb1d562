import { createHash } from 'node:crypto'
import { closeSync, ftruncateSync, openSync, readSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startComposer } from '../composing/composer.mjs'
import { drafts } from '../composing/drafts.mjs'
import { sizes } from '../messages.mjs'
import { median } from '../report/statistics.mjs'
import { figure, mebibytes, table, time } from '../report/table.mjs'

const peers = [
  { key: 'posthorn', name: 'Posthorn' },
  { key: 'nodemailer', name: 'Nodemailer' },
]
const cases = [
  { key: '1k', name: '1 KB text' },
  { key: 'accents', name: '1 KB text with umlauts' },
  { key: 'mixed', name: 'text, HTML, picture, file' },
  { key: '25m', name: '25 MB attachment in memory' },
]

/**
 * D. The CPU of composing a message and reading it to its end, for each library in a process of its own, and an attachment from a file.
 * Nothing is sent. First each library's messages are read by a parser and must say what they were to say.
 */
export async function composing(plan) {
  const present = peers.filter(({ key }) => !plan.missing[key])
  for (const peer of present) for (const { key } of cases) await checkMessage(peer, key)
  const figures = []
  for (const each of cases) {
    figures.push(...(await measureCase(plan, present, each)))
    plan.progress(`D ${each.name}`)
  }
  plan.print(`\n${tableOf(figures)}`)
  const files = await measureFiles(plan, present)
  plan.print(`\n${fileTable(plan, files)}`)
  return { cases: figures, files }
}

/** Reads what a library composes. Throws when the text, the HTML or a file is not what went in. */
async function checkMessage(peer, draft) {
  const child = await startComposer(peer.key, { draft })
  try {
    const { text, html, files } = drafts[draft]()
    const got = await child.ask('read')
    const wanted = files.map(({ name, type, cid, content }) => ({ name, type, cid, digest: sha256(content) }))
    const same = [
      got.text?.trimEnd() === text.trimEnd(),
      got.html?.trimEnd() === html?.trimEnd(),
      JSON.stringify(got.files) === JSON.stringify(wanted),
    ]
    if (same.includes(false)) throw new Error(`${peer.name} composed something else for ${draft}: ${same.join(', ')}`)
  } finally {
    child.stop()
  }
}

/** All libraries have the message ready at once and take turns. */
async function measureCase(plan, present, each) {
  const running = []
  try {
    for (const peer of present) {
      const child = await startComposer(peer.key, { draft: each.key })
      running.push({ peer, child, runs: [] })
      const { perSecond } = await child.ask('warmUp', { forMs: plan.warmUpMs })
      running.at(-1).count = Math.max(3, Math.round((perSecond * plan.runMs) / 1000))
    }
    for (let round = 0; round < plan.rounds; round++) {
      for (let turn = 0; turn < running.length; turn++) {
        const { child, runs, count } = running[(turn + round) % running.length]
        runs.push(await child.ask('run', { count }))
      }
    }
  } finally {
    for (const { child } of running) child.stop()
  }
  return running.map(({ peer, runs }) => ({
    case: each.key,
    name: each.name,
    client: peer.key,
    wireOctets: runs[0].sizeOctets,
    cpuUs: median(runs.map((run) => run.cpuUs / run.count)),
    elapsedUs: median(runs.map((run) => (run.elapsedMs * 1000) / run.count)),
    runs,
  }))
}

/** An attachment from a file: each run has a process of its own, because a peak cannot be taken back. */
async function measureFiles(plan, present) {
  const dkim = dkimKeys(plan.keys)
  const rows = [
    ...present.map((peer) => ({ key: peer.key, peer, name: peer.name })),
    ...present.map((peer) => ({
      key: `${peer.key}-rsa`,
      peer,
      name: `${peer.name}, DKIM (RSA)`,
      protect: { dkim: [dkim[0]] },
    })),
    {
      key: 'posthorn-all',
      peer: peers[0],
      name: 'Posthorn, DKIM (RSA, Ed25519) and S/MIME',
      protect: { dkim, sign: { key: plan.keys.person.key, certificate: plan.keys.person.cert } },
    },
  ].filter(({ peer }) => !plan.missing[peer.key])
  const path = join(plan.folder, 'large.bin')
  const smallPath = join(plan.folder, 'small.bin')
  sparseFile(path, plan.fileOctets)
  sparseFile(smallPath, sizes['1m'])
  const running = rows.map((row) => ({ row, runs: [], failed: undefined }))
  try {
    for (let round = 0; round < plan.memoryRounds; round++) {
      for (const each of running) if (!each.failed) await fileRun(plan, each, path, smallPath)
      plan.progress(`D files, round ${round + 1}`)
    }
  } finally {
    rmSync(path)
    rmSync(smallPath)
  }
  return running.map(({ row, runs, failed }) => ({
    client: row.key,
    name: row.name,
    failed,
    perSecond: median(runs.map((run) => (plan.fileOctets * 1000) / run.elapsedMs)),
    cpuUs: median(runs.map((run) => run.cpuUs)),
    overOctets: median(runs.map((run) => run.peakOctets - run.idleOctets)),
    idleOctets: median(runs.map((run) => run.idleOctets)),
    longestMs: median(runs.map((run) => run.longestMs)),
    busyMs: median(runs.map((run) => run.busyMs)),
    runs,
  }))
}

/** One message from the large file, after one from a small one, so that everything is loaded. */
async function fileRun(plan, { row, runs }, path, smallPath) {
  const child = await startComposer(row.peer.key, { draft: 'file', path: smallPath, protect: row.protect })
  try {
    const small = await child.ask('read')
    expectProtection(row, small)
    await child.ask('open', { draft: 'file', path, protect: row.protect })
    const run = await child.ask('measure')
    if (run.sizeOctets < plan.fileOctets * 1.35)
      throw new Error(`${row.name}: ${run.sizeOctets} octets of a file of ${plan.fileOctets}`)
    runs.push(run)
  } finally {
    child.stop()
  }
}

function expectProtection({ name, protect }, { signatures, files }) {
  const wanted = protect?.dkim?.length ?? 0
  if (signatures !== wanted) throw new Error(`${name}: ${signatures} DKIM signatures instead of ${wanted}`)
  const signed = files.some(({ type }) => /pkcs7-signature$/.test(type))
  if (signed !== Boolean(protect?.sign))
    throw new Error(`${name}: the S/MIME signature is ${signed ? '' : 'not '}there`)
  if (!files.some((file) => file.digest === sha256(Buffer.alloc(sizes['1m'])))) throw new Error(`${name}: not the file`)
}

function dkimKeys({ rsa, ed25519 }) {
  return [
    { algorithm: 'rsa', domain: 'bench.example', selector: 'rsa', key: rsa },
    { algorithm: 'ed25519', domain: 'bench.example', selector: 'ed', key: ed25519 },
  ]
}

/** A file without anything on the disk. It is read once, so that the first of those who are measured finds it in memory as the others do. */
function sparseFile(path, sizeOctets) {
  const file = openSync(path, 'w+')
  ftruncateSync(file, sizeOctets)
  const block = Buffer.allocUnsafe(sizes['1m'])
  while (readSync(file, block, 0, block.length, null) > 0);
  closeSync(file)
}

const sha256 = (octets) => createHash('sha256').update(octets).digest('hex')

function tableOf(figures) {
  const head = ['message', 'on the wire', ...peers.flatMap(({ name }) => [`${name}: CPU`]), 'ratio']
  const rows = cases.map(({ key, name }) => {
    const of = (client) => figures.find((each) => each.case === key && each.client === client)
    const [own, peer] = peers.map(({ key: client }) => of(client)?.cpuUs)
    const wire = (of('posthorn') ?? of('nodemailer'))?.wireOctets
    return [
      name,
      wire < sizes['1m'] ? `${figure(wire / 1024)} KB` : mebibytes(wire),
      time(own),
      time(peer),
      own === undefined || peer === undefined ? '-' : `1/${figure(peer / own)}`,
    ]
  })
  return `D. Composing a message and reading it to its end, CPU for each\n${table(head, rows)}`
}

function fileTable(plan, figures) {
  const head = ['client', 'MB/s of the file', 'CPU', 'over idle', 'idle', 'longest pause', 'own work']
  const rows = figures.map((each) =>
    each.failed
      ? [each.name, each.failed]
      : [
          each.name,
          figure(each.perSecond / 1_048_576),
          time(each.cpuUs),
          mebibytes(each.overOctets),
          mebibytes(each.idleOctets),
          `${figure(each.longestMs)} ms`,
          `${figure(each.busyMs)} ms`,
        ],
  )
  return `D. Composing with an attachment of ${mebibytes(plan.fileOctets)} from a file\n${table(head, rows)}`
}

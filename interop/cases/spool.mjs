// A spool folder on real file systems that have no room, no names to give, or are mounted read-only.
import { deepStrictEqual, equal, match } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Skipped } from '../lab.mjs'

const PROBE = fileURLToPath(new URL('../probes/spool-full.mjs', import.meta.url))
const NOTHING = { sent: 0, failed: 0, released: 0, skipped: 0, takenOver: 0 }

/** What the probe says, run as root where its mounts are seen by nobody else. @throws {Skipped} where there can be no such place */
function probed() {
  const home = mkdtempSync(join(tmpdir(), 'posthorn-spool-'))
  try {
    const place = [...(process.getuid() === 0 ? [] : ['sudo', '-n']), 'unshare', '--mount', '--propagation', 'private']
    const run = (args) => {
      const [command, ...rest] = [...place, ...args]
      return spawnSync(command, rest, { encoding: 'utf8' })
    }
    const tried = run(['mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', home])
    if (tried.status !== 0) throw new Skipped(`no mount namespace: ${tried.stderr ?? tried.error}`)
    const { status, stdout, stderr } = run([process.execPath, PROBE, import.meta.resolve('posthorn/spool'), home])
    equal(status, 0, stderr)
    return JSON.parse(stdout)
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

export const cases = [
  {
    title: 'a full, a nameless and a read-only file system: clear errors, nothing lost, nothing sent twice',
    async run() {
      const { tooLarge, partly, sent, nameless, namelessFiles, fixed, fixedFiles } = probed()
      equal(tooLarge.code, 'spool.full')
      match(tooLarge.message, /full \(ENOSPC\)$/)
      deepStrictEqual(tooLarge.files, ['.queued', '.queued'], 'what did not fit has left nothing')

      // delivered to one of two, and no room for a copy without that one: it is marked where it stands, and the run goes on
      deepStrictEqual(partly.value, { ...NOTHING, sent: 2, released: 2 })
      deepStrictEqual(partly.files, ['.queued', '.queued', 'filler'])
      deepStrictEqual(sent.value, { ...NOTHING, sent: 2 })
      deepStrictEqual(sent.recipients, [['c@posthorn.example'], ['c@posthorn.example']])
      deepStrictEqual(sent.files, ['filler'])

      deepStrictEqual(
        nameless.slice(0, 2).map(({ value, code }) => value ?? code),
        ['queued', 'spool.full'],
      )
      deepStrictEqual(nameless[2].value, { ...NOTHING, sent: 2 }, 'what is there is sent without a heartbeat')
      deepStrictEqual(namelessFiles, [])

      for (const { code, message } of fixed) {
        equal(code, 'spool.denied')
        match(message, /\(EROFS\)$/)
      }
      deepStrictEqual(fixedFiles, ['.queued'])
    },
  },
]

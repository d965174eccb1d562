// A Postfix of our own on loopback: configuration, queue and mail in one folder. Needs root, as its master does.
import { execFile, spawn } from 'node:child_process'
import { chown, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Daemon } from './daemon.mjs'
import { freePorts } from './free-ports.mjs'
import { DOORS, mailboxTable, mainCf, masterCf, RECIPIENTS, saslConf, TRANSPORT } from './postfix-config.mjs'

const run = promisify(execFile)
const START_TRIES = 3
/** Where a message can be between "250" and its mailbox, in the order in which it goes through. */
const QUEUES = ['maildrop', 'incoming', 'active', 'deferred', 'hold']

/**
 * Starts it, on free ports.
 * @param folder an empty folder that every user can enter
 * @param owner uid and gid that the delivered mail belongs to
 */
export async function startPostfix({ folder, chain, user, password, owner }) {
  await writeConfig({ folder, chain, user, password, owner })
  const etc = join(folder, 'etc')
  for (let attempt = 1; ; attempt++) {
    const names = Object.keys(DOORS)
    const found = await freePorts(names.length)
    const ports = Object.fromEntries(names.map((name, index) => [name, found[index]]))
    await writeFile(join(etc, 'master.cf'), masterCf(ports))
    if (attempt === 1) await run('postfix', ['-c', etc, 'check']) // makes the folders of the queue
    const { stdout } = await run('postconf', ['-c', etc, '-h', 'daemon_directory', 'mail_version'])
    const [programs, version] = stdout.trim().split('\n')
    const logPath = join(folder, 'log', 'master.out')
    const daemon = new Daemon('Postfix', join(programs, 'master'), ['-c', etc, '-d'], { cwd: folder, logPath })
    try {
      await daemon.listening(found)
      return new Postfix(folder, ports, version)
    } catch (error) {
      await daemon.stop()
      if (attempt === START_TRIES) throw error // else: somebody may have taken a port meanwhile
    }
  }
}

export class Postfix {
  ports
  version
  #folder

  constructor(folder, ports, version) {
    this.#folder = folder
    this.ports = ports
    this.version = version
  }

  get maildirs() {
    return join(this.#folder, 'mail')
  }

  /** How many messages are on their way from "250" to a mailbox. */
  async queued() {
    let count = 0
    for (const queue of QUEUES) {
      const entries = await readdir(join(this.#folder, 'queue', queue), { recursive: true, withFileTypes: true })
      count += entries.filter((entry) => entry.isFile()).length
    }
    return count
  }

  /** The last lines of its log. */
  async log(count) {
    const text = await readFile(join(this.#folder, 'log', 'maillog'), 'utf8').catch(() => '')
    return text.trimEnd().split('\n').slice(-count)
  }
}

async function writeConfig({ folder, chain, user, password, owner }) {
  const etc = join(folder, 'etc')
  for (const name of ['etc/sasl', 'queue', 'data', 'mail', 'log']) await mkdir(join(folder, name), { recursive: true })
  const [postfixUid, postfixGid] = await Promise.all(['-u', '-g'].map((flag) => idOf(flag, 'postfix')))
  await chown(join(folder, 'data'), postfixUid, 0)
  await chown(join(folder, 'mail'), owner.uid, owner.gid)
  await writeFile(join(etc, 'main.cf'), mainCf({ folder, chain, ...owner }))
  await writeFile(join(etc, 'recipients'), RECIPIENTS)
  await writeFile(join(etc, 'transport'), TRANSPORT)
  await writeFile(join(etc, 'mailboxes'), mailboxTable())
  await writeFile(join(etc, 'sasl', 'smtpd.conf'), saslConf({ folder }))
  await addAccount(join(etc, 'sasldb2'), user, password)
  await chown(join(etc, 'sasldb2'), 0, postfixGid)
}

async function addAccount(path, user, password) {
  const child = spawn('saslpasswd2', ['-p', '-c', '-f', path, '-u', 'posthorn.example', user], {
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  child.stdin.end(password)
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`saslpasswd2 ended with ${code}`)
}

/** The numeric id of a system user. */
export async function idOf(flag, user) {
  return Number((await run('id', [flag, user])).stdout)
}

// A Postfix of our own on loopback: configuration, queue and mail in one folder. Needs root, as its master does.
import { execFile, spawn } from 'node:child_process'
import { chown, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { launch } from './launch.mjs'
import { DOORS, mailboxTable, mainCf, masterCf, RECIPIENTS, saslConfs, TRANSPORT } from './postfix-config.mjs'

const run = promisify(execFile)
/** Where a message can be between "250" and its mailbox, in the order in which it goes through. */
const QUEUES = ['maildrop', 'incoming', 'active', 'deferred', 'hold']

/**
 * Starts it, on free ports.
 * @param folder an empty folder that every user can enter
 * @param certificates what `makeCertificates` made
 * @param kerberos paths of the configuration and of the keytab; nothing need be there yet
 * @param owner uid and gid that the delivered mail belongs to
 */
export async function startPostfix({ folder, certificates, kerberos, user, password, owner }) {
  await writeConfig({ folder, certificates, kerberos, user, password, owner })
  const etc = join(folder, 'etc')
  const { stdout } = await run('postconf', ['-c', etc, '-h', 'daemon_directory', 'mail_version'])
  const [programs, version] = stdout.trim().split('\n')
  let checked = false
  const ports = await launch('Postfix', Object.keys(DOORS), async (found) => {
    await writeFile(join(etc, 'master.cf'), masterCf(found))
    if (!checked) await run('postfix', ['-c', etc, 'check']) // makes the folders of the queue
    checked = true
    const logPath = join(folder, 'log', 'master.out')
    return { command: join(programs, 'master'), args: ['-c', etc, '-d'], cwd: folder, logPath }
  })
  return new Postfix(folder, ports, version)
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

async function writeConfig({ folder, certificates, kerberos, user, password, owner }) {
  const etc = join(folder, 'etc')
  for (const name of ['etc/sasl', 'queue', 'data', 'mail', 'log']) await mkdir(join(folder, name), { recursive: true })
  const [postfixUid, postfixGid] = await Promise.all(['-u', '-g'].map((flag) => idOf(flag, 'postfix')))
  await chown(join(folder, 'data'), postfixUid, 0)
  await chown(join(folder, 'mail'), owner.uid, owner.gid)
  await writeFile(join(etc, 'main.cf'), mainCf({ folder, ...certificates, kerberos, ...owner }))
  await writeFile(join(etc, 'recipients'), RECIPIENTS)
  await writeFile(join(etc, 'transport'), TRANSPORT)
  await writeFile(join(etc, 'mailboxes'), mailboxTable())
  await writeFile(join(etc, 'fingerprints'), `/^${certificates.clients.alice.fingerprint}$/ alice\n`)
  for (const { name, text } of saslConfs({ folder })) await writeFile(join(etc, 'sasl', name), text)
  await addAccount(join(etc, 'sasldb2'), user, password)
  await chown(join(etc, 'sasldb2'), 0, postfixGid)
}

/** Makes an account in a password file of Cyrus SASL. */
export async function addAccount(path, user, password) {
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

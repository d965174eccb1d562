// OpenSSH as a SOCKS server (4, 4a and 5, nobody is asked who they are): an sshd of our own, and `ssh -D` to it.
import { execFile } from 'node:child_process'
import { chown, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { launch } from '../launch.mjs'
import { ownAccounts } from './accounts.mjs'

const run = promisify(execFile)
const USER = 'traveller'

/**
 * Starts both, as nobody: then sshd lets in nobody else.
 * @returns facts: `port`, `log`: what sshd says, with `to HOST port PORT` for each connection it made
 */
export async function startSshSocks({ folder, nobody }) {
  const home = join(folder, 'ssh')
  await mkdir(home)
  const at = (name) => join(home, name)
  for (const name of ['host', 'client']) {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', at(name)])
    await chown(at(name), nobody.uid, nobody.gid)
  }
  await copyFile(at('client.pub'), at('authorized_keys'))
  // many a system locks the account of nobody
  const env = await ownAccounts(home, [{ name: USER, uid: nobody.uid, hash: '*' }])
  const common = { cwd: home, as: nobody, env }
  const log = at('sshd.out')
  const { stdout: sshd } = await run('which', ['sshd']) // it must be called by its whole path
  const { ssh } = await launch('sshd', ['ssh'], async (ports) => {
    await writeFile(at('sshd_config'), daemonConf(at, ports.ssh))
    return { command: sshd.trim(), args: ['-D', '-e', '-f', at('sshd_config')], logPath: log, ...common }
  })
  await writeFile(at('known_hosts'), `[127.0.0.1]:${ssh} ${await readFile(at('host.pub'), 'utf8')}`)
  const options = [
    'BatchMode=yes',
    'ExitOnForwardFailure=yes',
    'IdentitiesOnly=yes',
    `UserKnownHostsFile=${at('known_hosts')}`,
  ]
  const { socks } = await launch('ssh -D', ['socks'], (ports) => ({
    command: 'ssh',
    args: [
      ...['-F', 'none', '-N', '-D', `127.0.0.1:${ports.socks}`, '-p', String(ssh), '-i', at('client'), '-l', USER],
      ...options.flatMap((option) => ['-o', option]),
      '127.0.0.1',
    ],
    logPath: at('ssh.out'),
    ...common,
  }))
  return { facts: { port: socks, log } }
}

/** The level of the log is what names the target of each connection. */
function daemonConf(at, port) {
  return `ListenAddress 127.0.0.1:${port}
HostKey ${at('host')}
AuthorizedKeysFile ${at('authorized_keys')}
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
AllowTcpForwarding local
PidFile none
LogLevel DEBUG1
`
}

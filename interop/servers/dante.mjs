// Dante, a SOCKS server: one that takes anybody (SOCKS 4 and 5; it does not know 4a) and one that asks for user name and password (SOCKS 5).
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { launch } from '../launch.mjs'
import { openssl } from '../openssl.mjs'
import { ownAccounts } from './accounts.mjs'

/** Starts both. @returns facts: `ports` (`open`, `password`), `logs`: by door, a line for each connection */
export async function startDante({ folder, user, password, nobody }) {
  const home = join(folder, 'dante')
  await mkdir(home)
  // it looks for its accounts where the machine has them, and these are not to be touched
  const hash = (await openssl(['passwd', '-6', password])).toString().trim()
  const env = await ownAccounts(home, [
    { name: user, uid: 64_999, hash },
    { name: 'nobody', ...nobody, hash: '*' },
  ])
  const ports = {}
  const logs = {}
  for (const [door, method] of Object.entries({ open: 'none', password: 'username' })) {
    logs[door] = join(home, `${door}.log`)
    const found = await launch(`Dante (${door})`, [door], async (free) => {
      const conf = join(home, `${door}.conf`)
      await writeFile(conf, mainConf({ port: free[door], method, log: logs[door] }))
      const args = ['-N', '1', '-f', conf, '-p', join(home, `${door}.pid`)]
      return { command: 'danted', args, cwd: home, logPath: logs[door], env }
    })
    Object.assign(ports, found)
  }
  return { facts: { ports, logs, log: logs.password } }
}

function mainConf({ port, method, log }) {
  return `logoutput: ${log}
internal: 127.0.0.1 port = ${port}
external: lo
user.privileged: root
user.unprivileged: nobody
clientmethod: none
socksmethod: ${method}
client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 log: error }
socks pass {
  from: 0.0.0.0/0 to: 0.0.0.0/0
  command: connect
  protocol: tcp
  log: connect error
}
`
}

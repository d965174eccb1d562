// A Kerberos realm of our own: MIT's key distribution centre with a database, a keytab for the mail servers and a ticket for the user.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { launch } from '../launch.mjs'

const run = promisify(execFile)
const REALM = 'POSTHORN.EXAMPLE'

/** Where servers and clients find what they need. The files are there once the centre was started. */
export function kerberosPaths(folder) {
  return { config: join(folder, 'kdc', 'krb5.conf'), keytab: join(folder, 'kdc', 'services.keytab') }
}

/**
 * Starts it. The realm knows `user` (its ticket lies in `ticket`, its password is that of all accounts), `smtp/localhost` and `HTTP/localhost`
 * (in the keytab), and `smtp/elsewhere.example`, whose key no server has.
 * @returns facts: `realm`, `env` for clients with the ticket, `envWithoutTicket`
 */
export async function startKdc({ folder, user, password, owner }) {
  const home = join(folder, 'kdc')
  await mkdir(home)
  const { config, keytab } = kerberosPaths(folder)
  const ticket = join(home, 'ticket')
  const log = join(home, 'kdc.log')
  const env = { KRB5_CONFIG: config, KRB5_KDC_PROFILE: join(home, 'kdc.conf') }
  let made = false
  await launch('krb5kdc', ['kdc'], async (ports) => {
    await writeFile(config, clientConf(ports.kdc))
    await writeFile(env.KRB5_KDC_PROFILE, centreConf(home, ports.kdc))
    if (!made) await makeDatabase({ env, keytab, user, password })
    made = true
    return { command: 'krb5kdc', args: ['-n', '-r', REALM], cwd: home, logPath: join(home, 'kdc.out'), env }
  })
  // every mail server reads it as a user of its own; the realm ends with the run
  await chmod(keytab, 0o644)
  await tell('kinit', ['-c', `FILE:${ticket}`, user], `${password}\n`, env)
  await chown(ticket, owner.uid, owner.gid)
  const client = { KRB5_CONFIG: config, KRB5CCNAME: `FILE:${ticket}` }
  const none = { ...client, KRB5CCNAME: `FILE:${join(home, 'no-ticket')}` }
  return { facts: { realm: REALM, env: client, envWithoutTicket: none, keytab, log } }
}

async function makeDatabase({ env, keytab, user, password }) {
  const options = { env: { ...process.env, ...env } }
  await run('kdb5_util', ['create', '-r', REALM, '-s', '-P', 'of-no-use-elsewhere'], options)
  const services = ['smtp/localhost', 'HTTP/localhost']
  const orders = [
    `addprinc -pw "${password}" ${user}`,
    ...services.flatMap((name) => [`addprinc -randkey ${name}`, `ktadd -k ${keytab} ${name}`]),
    'addprinc -randkey smtp/elsewhere.example',
  ]
  await tell('kadmin.local', ['-r', REALM], `${orders.join('\n')}\n`, env)
}

/** Runs a program that reads from its standard input. */
async function tell(command, args, input, env) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'ignore', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', (chunk) => (complaint += chunk))
  child.stdin.end(input)
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${complaint}`)
}

/** Names are taken as they are written: nothing is asked of DNS. A server takes tickets for any name it has a key of, whatever it calls itself. */
function clientConf(port) {
  return `[libdefaults]
default_realm = ${REALM}
dns_lookup_kdc = false
dns_lookup_realm = false
dns_canonicalize_hostname = false
rdns = false
ignore_acceptor_hostname = true
udp_preference_limit = 1
[realms]
${REALM} = {
  kdc = 127.0.0.1:${port}
}
[domain_realm]
localhost = ${REALM}
elsewhere.example = ${REALM}
`
}

function centreConf(home, port) {
  return `[kdcdefaults]
kdc_listen = ""
kdc_tcp_listen = 127.0.0.1:${port}
[realms]
${REALM} = {
  database_name = ${home}/principal
  key_stash_file = ${home}/stash
  acl_file = ${home}/acl
  supported_enctypes = aes256-cts-hmac-sha1-96:normal
}
[logging]
kdc = FILE:${home}/kdc.log
`
}

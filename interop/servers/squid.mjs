// Squid, an HTTP proxy, with a door for each way of asking who comes.
import { createHash } from 'node:crypto'
import { chown, copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openssl } from '../openssl.mjs'
import { launch } from '../launch.mjs'

const HELPERS = '/usr/lib/squid'
/** Squid's own one for tests takes any password, and its challenge points outside itself. */
const HELPER = fileURLToPath(new URL('ntlm-helper.py', import.meta.url))
const REALM = 'interop proxy'
const DOORS = ['open', 'basic', 'digest', 'ntlm', 'tls', 'several', 'refusing']

/**
 * Starts it. `open` asks nobody; `several` offers NTLM, Digest and Basic; `tls` is Basic inside TLS to the proxy; `refusing` says 403 to all.
 * CONNECT goes to loopback only.
 * @returns facts: `ports`, `log`: a line for each CONNECT with door, status, target and user
 */
export async function startSquid({ folder, user, password, nobody, certificates }) {
  const home = join(folder, 'squid')
  await mkdir(home)
  const hash = (await openssl(['passwd', '-apr1', password])).toString().trim()
  const ha1 = createHash('md5').update(`${user}:${REALM}:${password}`).digest('hex')
  await writeFile(join(home, 'basic'), `${user}:${hash}\n`)
  await writeFile(join(home, 'digest'), `${user}:${REALM}:${ha1}\n`)
  await writeFile(join(home, 'ntlm'), `${user} ${await md4(join(home, 'password'), password)}\n`)
  await copyFile(HELPER, join(home, 'ntlm-helper.py')) // nobody need not be able to enter a checkout
  await copyFile(certificates.chain, join(home, 'chain.pem'))
  const log = join(home, 'access.log')
  await writeFile(log, '') // made by squid, it would not be for everybody to read
  for (const path of [home, log, join(home, 'chain.pem')]) await chown(path, nobody.uid, nobody.gid)
  const ports = await launch('squid', DOORS, async (found) => {
    await writeFile(join(home, 'squid.conf'), mainConf(home, found))
    // what is fatal is told on the standard error, too
    const args = ['-N', '-d', '1', '-n', `posthorn${found.open}`, '-f', join(home, 'squid.conf')]
    return { command: 'squid', args, cwd: home, logPath: join(home, 'squid.out'), as: nobody }
  })
  return { facts: { ports, log } }
}

/** What NTLM knows a password by (MS-NLMP 3.3.1); openssl counts it among what is old. */
async function md4(path, password) {
  await writeFile(path, Buffer.from(password, 'utf16le'))
  const digest = await openssl(['dgst', '-md4', '-provider', 'legacy', '-provider', 'default', '-r', path])
  await rm(path)
  return digest.toString().split(' ')[0]
}

function mainConf(home, ports) {
  return `http_port 127.0.0.1:${ports.open} name=open
http_port 127.0.0.1:${ports.basic} name=basic
http_port 127.0.0.1:${ports.digest} name=digest
http_port 127.0.0.1:${ports.ntlm} name=ntlm
https_port 127.0.0.1:${ports.tls} name=tls tls-cert=${home}/chain.pem
http_port 127.0.0.1:${ports.several} name=several
http_port 127.0.0.1:${ports.refusing} name=refusing
visible_hostname proxy.posthorn.example
pid_filename none
coredump_dir ${home}
cache_log ${home}/cache.log
logformat short %lp %>Hs %rm %ru %[un
access_log stdio:${home}/access.log short
buffered_logs off
cache deny all
cache_mem 8 MB
shutdown_lifetime 0 seconds
pinger_enable off
connect_timeout 5 seconds
auth_param ntlm program /usr/bin/python3 ${home}/ntlm-helper.py ${home}/ntlm
auth_param ntlm children 2 startup=0
auth_param digest program ${HELPERS}/digest_file_auth -c ${home}/digest
auth_param digest realm ${REALM}
auth_param digest children 2 startup=0
auth_param basic program ${HELPERS}/basic_ncsa_auth ${home}/basic
auth_param basic realm ${REALM}
auth_param basic children 2 startup=0
acl at_open myportname open
acl at_refusing myportname refusing
acl at_basic myportname basic tls
acl at_digest myportname digest
acl at_ntlm myportname ntlm
acl at_several myportname several
auth_schemes basic at_basic
auth_schemes digest at_digest
auth_schemes ntlm at_ntlm
auth_schemes ntlm,digest,basic at_several
acl loopback dst 127.0.0.0/8 ::1
acl known proxy_auth REQUIRED
http_access deny at_refusing
http_access deny !loopback
http_access allow at_open
http_access allow known
http_access deny all
`
}

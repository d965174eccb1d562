// Exim (the heavy daemon of Debian, which is unpacked and not installed), with every mechanism it has. It hands the mail on to Postfix.
import { chmod, chown, copyFile, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { addAccount, idOf } from '../postfix.mjs'
import { launch } from '../launch.mjs'
import { DOORS, mainConf } from './exim-config.mjs'
import { kerberosPaths } from './kdc.mjs'

const PROGRAM = fileURLToPath(new URL('../../.cache/exim4/usr/sbin/exim4', import.meta.url))
/** The user it was built for; it ends at once where there is none. */
const USER = 'Debian-exim'

/**
 * Starts it, as an ordinary user. It shows the certificates of `revocation` at the doors named after them, and staples the answer about the good one
 * at `stapled`. (It refuses to staple any other: see stapling.mjs.)
 * @returns facts: `ports` (doors: see exim-config.mjs), `log`: with the authenticator (`A=`) and the cipher (`X=`) of each mail
 */
export async function startExim(site) {
  const { folder, user, password, certificates, start } = site
  const { facts: revocation } = await start('revocation')
  const home = join(folder, 'exim')
  await mkdir(join(home, 'sasl'), { recursive: true })
  const as = { uid: await idOf('-u', USER), gid: await idOf('-g', USER) }
  // in a folder that its user can enter, which a checkout need not be
  await copyFile(PROGRAM, join(home, 'exim'))
  await chmod(join(home, 'exim'), 0o755)
  await copyFile(certificates.chain, join(home, 'chain.pem'))
  await writeFile(join(home, 'sasl', 'exim.conf'), passwordConf(home))
  await addAccount(join(home, 'sasldb2'), user, password)
  for (const name of ['', 'chain.pem', 'sasldb2']) await chown(join(home, name), as.uid, as.gid)

  const { config, keytab } = kerberosPaths(folder)
  const env = { SASL_CONF_PATH: join(home, 'sasl'), KRB5_CONFIG: config, KRB5_KTNAME: keytab }
  const log = join(home, 'mainlog')
  const ports = await launch('Exim', Object.keys(DOORS), async (found) => {
    await writeFile(join(home, 'exim.conf'), mainConf({ ...site, home, ports: found, revocation, env, owner: USER }))
    const args = ['-C', join(home, 'exim.conf'), '-bdf', '-q1m']
    return { command: join(home, 'exim'), args, cwd: home, logPath: join(home, 'exim.out'), as, env }
  })
  return { facts: { ports, log }, queued: () => queued(join(home, 'spool', 'input')) }
}

/** How many messages it has taken and not handed on. */
async function queued(input) {
  const names = await readdir(input, { recursive: true }).catch((error) => {
    if (error.code === 'ENOENT') return [] // made by the first mail
    throw error
  })
  return names.length
}

function passwordConf(home) {
  return `pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: ${home}/sasldb2
`
}

// A PKCS#11 token of SoftHSM's with the client certificate of alice and its key. No process runs.
import { execFile } from 'node:child_process'
import { chown, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Makes the token, which belongs to whoever runs the cases.
 * @returns facts: `module` (path of the library), `env` (what it must find in the environment), `token` and `pin`; objects `alice` with id 01
 * (key and certificate as in `servers.clients.alice`)
 */
export async function makeToken({ folder, owner, certificates }) {
  const home = join(folder, 'softhsm')
  await mkdir(join(home, 'tokens'), { recursive: true })
  const env = { SOFTHSM2_CONF: join(home, 'softhsm2.conf') }
  await writeFile(
    env.SOFTHSM2_CONF,
    `directories.tokendir = ${home}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n`,
  )
  const options = { env: { ...process.env, ...env } }
  const [token, pin] = ['interop', '271828']
  const module = await library()
  await run(
    'softhsm2-util',
    ['--init-token', '--free', '--label', token, '--pin', pin, '--so-pin', '31415926'],
    options,
  )
  const { keyPath, certPath } = certificates.clients.alice
  const der = join(home, 'alice.der')
  await run('openssl', ['x509', '-in', certPath, '-outform', 'DER', '-out', der])
  const named = ['--label', 'alice', '--id', '01']
  await run('softhsm2-util', ['--import', keyPath, '--token', token, '--pin', pin, ...named], options)
  const tool = ['--module', module, '--token-label', token, '--login', '--pin', pin]
  await run('pkcs11-tool', [...tool, '--write-object', der, '--type', 'cert', ...named], options)
  for (const path of [home, ...(await readdir(home, { recursive: true })).map((name) => join(home, name))]) {
    await chown(path, owner.uid, owner.gid)
  }
  return { facts: { module, env, token, pin } }
}

/** Debian puts it below a folder named after the architecture. */
async function library() {
  const { stdout } = await run('dpkg-query', ['-L', 'libsofthsm2'])
  const path = stdout.split('\n').find((line) => line.endsWith('/libsofthsm2.so'))
  if (path === undefined) throw new Error('the package libsofthsm2 has no libsofthsm2.so')
  return path
}

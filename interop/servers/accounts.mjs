// Accounts of our own in place of the machine's, for a server that looks for its users nowhere else.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Makes them: root, and these.
 * @param accounts each with `name`, `uid`, and `hash` as in /etc/shadow; `*` where no password will do
 * @returns what the server must find in its environment: the wrapper is put before the C library
 */
export async function ownAccounts(folder, accounts) {
  const env = {
    LD_PRELOAD: 'libnss_wrapper.so',
    NSS_WRAPPER_PASSWD: join(folder, 'passwd'),
    NSS_WRAPPER_GROUP: join(folder, 'group'),
    NSS_WRAPPER_SHADOW: join(folder, 'shadow'),
  }
  const all = [{ name: 'root', uid: 0, hash: '*' }, ...accounts]
  const lines = (line) => all.map((account) => `${line(account)}\n`).join('')
  await writeFile(
    env.NSS_WRAPPER_PASSWD,
    lines(({ name, uid }) => `${name}:x:${uid}:${uid}::/:/bin/false`),
  )
  await writeFile(
    env.NSS_WRAPPER_GROUP,
    lines(({ name, uid }) => `${name}:x:${uid}:`),
  )
  // readable: one that runs as nobody looks, too
  await writeFile(
    env.NSS_WRAPPER_SHADOW,
    lines(({ name, hash }) => `${name}:${hash}:19000:0:99999:7:::`),
  )
  return env
}

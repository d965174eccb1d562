// openssl, as a case calls it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What openssl writes; its complaint is thrown when it fails. */
export async function openssl(args) {
  const child = spawn('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, complaint, [code]] = await Promise.all([all(child.stdout), all(child.stderr), once(child, 'close')])
  if (code !== 0) throw new Error(`openssl ${args.join(' ')}: ${complaint.toString().trim()}`)
  return out
}

/** Gives a task a folder of its own, by a function from names to paths. */
export async function inFolder(name, task) {
  const folder = await mkdtemp(join(tmpdir(), `posthorn-${name}-`))
  try {
    await task((file) => join(folder, file))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function all(chunks) {
  const parts = []
  for await (const chunk of chunks) parts.push(chunk)
  return Buffer.concat(parts)
}

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const FOLDERS = { jks: 'src/store/jks/fixtures', jceks: 'src/store/jks/fixtures', bcfks: 'src/store/bcfks/fixtures' }

/** The path of a file among the stores that the package of certificates is tested with; their passwords are `secret`. */
export function storePath(name: string): string {
  const ending = name.replace(/\.base64$/, '').replace(/^.*\./, '')
  const folder = (FOLDERS as Partial<Record<string, string>>)[ending] ?? 'test/fixtures'
  return fileURLToPath(new URL(`../../certificate/${folder}/${name}`, import.meta.url))
}

/** The octets of one; those that are no text are kept as base64. */
export function storeOctets(name: string): Buffer {
  const isText = /\.(?:crt|key|pub|ppk|xml|jwk|jwks|jwe|pem)$/.test(name)
  if (isText) return readFileSync(storePath(name))
  return Buffer.from(readFileSync(storePath(`${name}.base64`), 'latin1'), 'base64')
}

/** The text of one. */
export function storeText(name: string): string {
  return storeOctets(name).toString('latin1')
}

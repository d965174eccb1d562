import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The path of a file among the fixtures. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))
}

/** The octets of a PKCS #12 store among the fixtures. */
export function pfxFixture(name: string): Buffer {
  return Buffer.from(readFileSync(fixturePath(`${name}.base64`), 'latin1'), 'base64')
}

/** The text of a PEM file among the fixtures. */
export function pemFixture(name: string): string {
  return readFileSync(fixturePath(name), 'latin1')
}

/** The DER in a PEM file of one block among the fixtures. */
export function derFixture(name: string): Buffer {
  return Buffer.from(pemFixture(name).replaceAll(/-----.*-----|\s/g, ''), 'base64')
}

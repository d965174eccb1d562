import { inspect } from 'node:util'
import { PosthornError } from '@posthorn/ground'
import { expect } from 'vitest'

/** The error a promise is rejected with; it must be one of ours. */
export async function rejection(promise: Promise<unknown>): Promise<PosthornError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof PosthornError) return error
    throw error
  }
  throw new Error('it was not rejected')
}

/** Everything that can be seen of a value, its causes and hidden fields included. */
export function everything(value: unknown): string {
  const parts = [inspect(value, { depth: 20, showHidden: true }), JSON.stringify(value)]
  for (let at: unknown = value; at instanceof Error; at = at.cause) parts.push(at.message, at.stack ?? '')
  return parts.join('\n')
}

/** Fails when a secret can be seen in a value, plain, in base64, hexadecimal or URL form. */
export function expectNoSecret(value: unknown, secrets: readonly string[]): void {
  const text = everything(value)
  for (const secret of secrets) {
    const octets = Buffer.from(secret)
    for (const form of [secret, octets.toString('base64'), octets.toString('hex'), encodeURIComponent(secret)])
      expect(text).not.toContain(form)
  }
}

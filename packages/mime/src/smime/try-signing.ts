import { contentOf } from '../body/content.js'
import type { Part } from '../body/part.js'
import { randomFromBlock } from '../random-block.js'
import type { SignOptions } from './options.js'
import { signPart } from './sign.js'
import { verifySigned } from './verify.js'

const SAMPLE: Part = {
  fields: 'Content-Type: text/plain; charset=us-ascii\r\n',
  pieces: ['A sample, to see whether signing works.\r\n'],
  endsLine: false,
}

/**
 * Signs a sample with these settings and verifies it, so that an administrator sees whether they work before mail depends on them.
 * @throws {SettingsError} as `signPart` does, naming the cause
 * @source BeyondTrust, Sign: Verify
 */
export async function trySigning(options: SignOptions): Promise<void> {
  const { fields, pieces } = await signPart(SAMPLE, options, randomFromBlock)
  const message = contentOf([`${fields}\r\n`, ...pieces], '7bit')
  await verifySigned(message, { certificates: [options.identity.certificate] })
}

import { expect, test } from 'vitest'
import { LineServer } from '../parity/line-server.js'
import { component } from './component.js'

/** A CHALLENGE message with the name of a domain (MS-NLMP 2.2.1.2). */
function challenge(): Buffer {
  const head = Buffer.alloc(48)
  head.write('NTLMSSP\0', 'latin1')
  head.writeUInt32LE(2, 8)
  head.writeUInt32LE(48, 16)
  head.writeUInt32LE(0x80_0201, 20) // target information, NTLM, Unicode
  head.write('01234567', 24)
  const pairs = Buffer.from('\x02\0\x06\0L\0A\0B\0\0\0\0\0', 'latin1')
  head.writeUInt16LE(pairs.length, 40)
  head.writeUInt32LE(48, 44)
  return Buffer.concat([head, pairs])
}

test.each([
  ['[ipworks.config.UseNTLMv2]', '', 1],
  ['[ipworks.config.UseNTLMv2]', 'False', 1],
  ['[ipworks.config.UseNTLMv2]', 'True', 2],
])('%s %j: the last message carries the responses of version %i', async (_, setting, version) => {
  let last: Buffer | undefined
  await using server = await LineServer.start({
    extensions: ['AUTH NTLM'],
    auth: async ({ ask }) => {
      last = await ask(challenge())
      return '235 welcome'
    },
  })
  const smtp = component(server)
  Object.assign(smtp, { user: 'LAB\\anna', password: 'Wonder-7land', authMechanism: 2 })
  expect(smtp.config('UseNTLMv2')).toBe('False')
  if (setting !== '') smtp.config(`UseNTLMv2=${setting}`)
  await smtp.send()
  // the length of the LM response, and that of the NT response (MS-NLMP 2.2.1.3)
  const [lm, nt] = [last!.readUInt16LE(12), last!.readUInt16LE(20)]
  if (version === 1) return expect([lm, nt]).toEqual([24, 24])
  expect(nt).toBeGreaterThan(24)
  const blob = last!.subarray(last!.readUInt32LE(24)).subarray(16, nt)
  expect([...blob.subarray(0, 2)]).toEqual([1, 1]) // the versions of NTLMv2_CLIENT_CHALLENGE (2.2.2.7)
})

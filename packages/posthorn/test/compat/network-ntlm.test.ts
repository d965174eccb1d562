import { ntlmChallenge } from '@posthorn/testkit'
import { expect, test } from 'vitest'
import { LineServer } from '../parity/line-server.js'
import { component } from './component.js'

test.each([
  ['[ipworks.config.UseNTLMv2]', '', 1],
  ['[ipworks.config.UseNTLMv2]', 'False', 1],
  ['[ipworks.config.UseNTLMv2]', 'True', 2],
])('%s %j: the last message carries the responses of version %i', async (_, setting, version) => {
  let last: Buffer | undefined
  await using server = await LineServer.start({
    extensions: ['AUTH NTLM'],
    auth: async ({ ask }) => {
      last = await ask(ntlmChallenge({ domain: 'LAB' }))
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

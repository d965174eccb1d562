import { describe, expect, it } from 'vitest'
import { posthorn } from '../../test/child.js'

describe('posthorn demo', () => {
  it('sends three messages over TLS with a login, proves that they arrived, and ends by itself', async () => {
    const { code, stdout, stderr } = await posthorn(['demo'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout.match(/, the same octet for octet/g)).toHaveLength(3)
    expect(stdout).toContain('verified: CN=localhost')
    expect(stdout).toContain('C: AUTH PLAIN ***')
    expect(stdout.match(/C: MAIL FROM:/g)).toHaveLength(3)
    expect(stdout).toMatch(/\(34 MB of content in /)
    expect(stdout).toMatch(/ send --server smtp:\/\/localhost:2525 --ca \.cache\/ca\.pem/)
    expect(stdout).not.toContain('\x1b')
    expect(stdout).not.toContain('\r')
  })
})

import { describe, expect, it } from 'vitest'
import { mailPerson } from '../../test/mail-person.js'
import { isForMailbox } from './certificate-mailbox.js'

describe('isForMailbox', () => {
  it('compares without case, and domains in either form', async () => {
    const { certificate } = await mailPerson({ email: ['Ann@example.test', 'bob@xn--bcher-kva.example'] })
    for (const mailbox of ['ann@EXAMPLE.test', 'Ann@example.test', 'bob@bücher.example', 'bob@BÜCHER.example']) {
      expect(isForMailbox(certificate, mailbox)).toBe(true)
    }
    for (const mailbox of [
      'ann@example.tes',
      'xann@example.test',
      'ann@example.test.',
      'bob@example.test',
      '',
      'ann',
    ]) {
      expect(isForMailbox(certificate, mailbox)).toBe(false)
    }
  })
})

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

  it('is for nobody whose domain is none: such names must not be cut into others', async () => {
    const emails = [
      'ceo@bank.example/.evil.example',
      'ceo@bank.example%2f.evil.example',
      'ceo@bank.example?.evil.example',
    ]
    const { certificate } = await mailPerson({ email: emails })
    for (const mailbox of ['ceo@bank.example', ...emails]) expect(isForMailbox(certificate, mailbox)).toBe(false)
  })
})

import { describe, expect, it } from 'vitest'
import { readMailLine, readRcptLine } from './envelope-line.js'
import { envelopeText } from './envelope-text.js'

const MAX_PARAMETERS = 40
const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `X-${index}`)
const further = (count: number) => names(count).map((text) => ({ keyword: text, text }))

describe('the parameters of a line', () => {
  it('are kept in their order, up to 40 of them', () => {
    const most = names(MAX_PARAMETERS)
    expect(readRcptLine(`RCPT TO:<b@example.test> ${most.join(' ')}`, 2)).toEqual({
      address: 'b@example.test',
      parameters: further(MAX_PARAMETERS),
    })
    expect(readMailLine(`MAIL FROM:<> ${most.join(' ')}`, 1).envelope.parameters).toEqual(further(MAX_PARAMETERS))
  })

  it('are garbage beyond that, with SIZE= and markers among them', () => {
    const beyond = { code: 'spool.garbage', message: 'spool: line 7: expected at most 40 parameters' }
    const line = (count: number, more: string) => `FROM:<> ${names(count).join(' ')} ${more}`
    for (const more of ['X-MORE', 'SIZE=3', 'XASIS', 'XPREFER=X-1', 'XKEYWORD=X-1:X']) {
      expect(() => readMailLine(`MAIL ${line(MAX_PARAMETERS, more)}`, 7)).toThrow(expect.objectContaining(beyond))
      readMailLine(`MAIL ${line(MAX_PARAMETERS - 1, more)}`, 7)
    }
    const rcpt = `RCPT TO:<b@example.test> ${names(MAX_PARAMETERS).join(' ')} XREQUIRED`
    expect(() => readRcptLine(rcpt, 7)).toThrow(expect.objectContaining(beyond))
  })

  it('are written up to the same number, so that what was queued can be read', () => {
    const given = (inMail: number, inRcpt: number) => ({
      reversePath: '"a b c"@example.test',
      keepOrder: true,
      parameters: further(inMail),
      recipients: [{ address: '"d e f"@example.test', required: true, parameters: further(inRcpt) }],
    })
    const most = given(MAX_PARAMETERS - 2, MAX_PARAMETERS - 1)
    const [mail, rcpt] = envelopeText(most, 3).text.split('\r\n')
    expect({ ...readMailLine(mail!, 1).envelope, recipients: [readRcptLine(rcpt!, 2)] }).toEqual(most)
    for (const [envelope, field] of [
      [given(MAX_PARAMETERS - 1, 0), 'envelope'],
      [given(0, MAX_PARAMETERS), 'envelope.recipients[0]'],
    ] as const) {
      const beyond = { code: 'spool.envelope', field, message: expect.stringContaining('40 parameters') as string }
      expect(() => envelopeText(envelope, 3)).toThrow(expect.objectContaining(beyond))
    }
  })

  it('may be named by a marker only when they are no markers themselves', () => {
    for (const marker of ['XPREFER=XASIS', 'XPREFER=XPREFER', 'XKEYWORD=XASIS:X']) {
      expect(() => readMailLine(`MAIL FROM:<> XASIS ${marker}`, 1)).toThrow('XPREFER and XKEYWORD to name parameters')
    }
  })
})

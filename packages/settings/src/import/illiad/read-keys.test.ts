import fc from 'fast-check'
import Papa from 'papaparse'
import { describe, expect, it } from 'vitest'
import type { ReportLine } from '../import.js'
import { KEYS } from './entries.js'
import { looksLikeKeys, readKeys } from './read-keys.js'

const CUSTOM_KEY = {
  CustKey: 'EmailSecure',
  Value: 'Yes',
  NVTGC: 'ILL',
  Description: 'SMTP.config control',
  AdminCat: 'System',
  AdminKey: 'EMail',
  'Admin Type': 'YesNo',
}

function read(text: string, report: ReportLine[] = []) {
  return readKeys(text, undefined, report).map(({ name, value, site, line }) => [name, value, site, line])
}

describe('a customization table', () => {
  it('is read with the row the document asks for [part of illiad.customkey.CustKey] [part of illiad.customkey.Value] [part of illiad.customkey.NVTGC]', () => {
    const text = Papa.unparse([CUSTOM_KEY])
    expect(looksLikeKeys(text)).toBe(true)
    expect(read(text)).toEqual([['EMailSecure', 'Yes', 'ILL', 2]])
  })

  it('has its columns in any order, spelling and case, with any of four delimiters', () => {
    for (const delimiter of [',', ';', '\t', '|']) {
      const text = `\ufeff\n${['admin type', 'VALUE', '"Cust Key"', 'nvtgc'].join(delimiter)}\r\n${['YesNo', 'No', 'emailsecure', 'SCI'].join(delimiter)}\r\n`
      expect(looksLikeKeys(text)).toBe(true)
      expect(read(text)).toEqual([['EMailSecure', 'No', 'SCI', 3]])
    }
  })

  it('counts lines through quoted cells with line ends', () => {
    const report: ReportLine[] = []
    const text = 'CustKey,Value,Description\nEMailFromName,"a ""b"", c","one\ntwo"\n\nEMail_Reply_To,1,\nSMTPUserID,u'
    expect(read(text, report)).toEqual([
      ['EMailFromName', 'a "b", c', '', 2],
      ['SMTPUserID', 'u', '', 6],
    ])
    expect(report).toEqual([{ verdict: 'unknown', entry: 'EMail_Reply_To', line: 5, note: 'it is not known' }])
  })

  it('tells keys of other sections from unknown ones [part of illiad.customkey.AdminCat] [part of illiad.customkey.AdminKey]', () => {
    const report: ReportLine[] = []
    read('CustKey,Value,AdminCat,AdminKey\nBillingActive,No,Borrowing,Billing\nEMailSever,x,System,EMail\n', report)
    expect(report).toMatchObject([
      { verdict: 'ignored', entry: 'BillingActive', note: 'it is no key of System | EMail' },
      { verdict: 'unknown', entry: 'EMailSever', line: 3 },
    ])
  })

  it('says nothing of columns it knows and names those it does not [part of illiad.customkey.Description] [part of illiad.customkey.AdminType]', () => {
    const report: ReportLine[] = []
    read(`${Papa.unparse([{ ...CUSTOM_KEY, Owner: 'x' }])}\n`, report)
    expect(report).toMatchObject([{ verdict: 'unknown', entry: 'Owner', line: 1 }])
  })

  it('is refused with an open quote, a code that is none, and too many rows, without repeating a cell', () => {
    for (const [text, said] of [
      ['CustKey,Value\nSMTPPassword,"Geheim\nEMailSecure,Yes', 'line 2'],
      ['CustKey,Value\nSMTPPassword,"Geheim"x,y', 'line 2'],
      ['CustKey,Value,NVTGC\nSMTPPassword,,+Geheim!', 'NVTGC: is no code of a site (line 2)'],
      [`CustKey,Value\n${'\n'.repeat(100_001)}`, 'more than 100000 lines'],
      [`CustKey,Value${',x'.repeat(999)}\nSMTPPassword,Geheim`, 'more than 1000 columns'],
    ] as const) {
      expect(() => read(text)).toThrow(
        expect.objectContaining({ code: 'import.format', message: expect.stringContaining(said) as string }),
      )
      expect(() => read(text)).not.toThrow(/Geheim/)
    }
  })

  it('gives back every value that a table can hold', () => {
    const value = fc
      .string({ unit: 'grapheme' })
      .map((text) => text.replace(/\r/g, ''))
      .filter((text) => text.trim() !== '')
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...KEYS), value, { minKeys: 1 }), (keys) => {
        const rows = Object.entries(keys).map(([CustKey, Value]) => ({ CustKey, Value }))
        expect(readKeys(Papa.unparse(rows), undefined, []).map(({ name, value }) => [name, value])).toEqual(
          Object.entries(keys),
        )
      }),
    )
  })
})

describe('lines of keys', () => {
  it('have comments, blanks around = and sites above theirs', () => {
    const text = '# c\n; c\n\nemailsmtpserver=a\n  SMTPPassword = x=y \n[SCI]\nEMailSMTPServer=b'
    expect(looksLikeKeys(text)).toBe(true)
    expect(read(text)).toEqual([
      ['EMailSMTPServer', 'a', '', 4],
      ['SMTPPassword', 'x=y', '', 5],
      ['EMailSMTPServer', 'b', 'SCI', 7],
    ])
  })

  it('take quotes off and say so', () => {
    const report: ReportLine[] = []
    expect(read('EMailFromName="a ""b"" "', report)).toEqual([['EMailFromName', 'a "b" ', '', 1]])
    expect(report).toMatchObject([{ verdict: 'changed', entry: 'EMailFromName', line: 1 }])
  })

  it('never repeat what may be a piece of a password, in a row without its category either', () => {
    const report: ReportLine[] = []
    read('hunterGeheim=x\nHunter2Geheim=y\nEMailReplyTo=z', report)
    read('CustKey,Value,NVTGC\nHunter2Geheim,SMTPPassword,\nEMailReplyTo,x,', report)
    expect(report.map(({ entry }) => entry)).toEqual(['a line', 'a line', 'EMailReplyTo', 'a line', 'EMailReplyTo'])
    read('CustKey,Value,AdminCat,AdminKey\nUnheard,x,System,EMail\nLendingActive,x,Lending,Email', report)
    expect(report.slice(5).map(({ verdict, entry }) => [verdict, entry])).toEqual([
      ['unknown', 'Unheard'],
      ['ignored', 'LendingActive'],
    ])
  })

  it('never repeat what may be a piece of a password', () => {
    const report: ReportLine[] = []
    read('EMailSecure=Yes\nSMTPPassword +Geheim!\n+Geheim!=x', report)
    expect(report).toMatchObject([
      { verdict: 'unknown', entry: 'a line', line: 2 },
      { verdict: 'unknown', entry: 'a line', line: 3 },
    ])
  })

  it('are no other text', () => {
    expect(looksLikeKeys('host smtp.example.com\nfrom a@b')).toBe(false)
    expect(() => read('host smtp.example.com')).toThrow(expect.objectContaining({ code: 'import.format' }))
    expect(read('')).toEqual([])
    expect(read('# nothing yet')).toEqual([])
    expect(read('\n \n')).toEqual([])
  })

  it('give back every value that a line can hold, plain or in quotes', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, ' ')),
        (text) => {
          const [row] = readKeys(`SMTPPassword="${text.replaceAll('"', '""')}"`, undefined, [])
          expect(row?.value).toBe(text.trim() === '' ? '' : text)
          const plain = text.trim()
          const [other] = readKeys(`SMTPPassword=${plain}`, undefined, [])
          if (!plain.startsWith('"')) expect(other?.value).toBe(plain)
        },
      ),
    )
  })
})

import { expect, it } from 'vitest'
import type { ReportLine } from './import.js'
import { referenceNote } from './reference-note.js'
import { ProfileDraft, SecretReference } from './report.js'

it.each([
  ['env:AWS_SECRET_ACCESS_KEY', 'it is read from the variable AWS_SECRET_ACCESS_KEY'],
  ['file:/etc/shadow', 'it is read from the file /etc/shadow'],
  ['file:ca.pem', 'it is read from the file ca.pem'],
  ['file:C:\\secrets\\mail.pem', 'it is read from the file C:\\secrets\\mail.pem'],
  ['file:/etc/ca u:Geheim', 'it is read from the file that is named here'],
  ['file:Geheim', 'it is read from the file that is named here'],
  ['vault:mail', 'it is read from the vault, under mail'],
] as const)('%s: %s', (text, note) => {
  expect(referenceNote(new SecretReference(text))).toBe(note)
})

it('stands behind every note about a reference that does not name it itself', () => {
  const report: ReportLine[] = []
  const draft = new ProfileDraft(report)
  const password = [['credentials.password', new SecretReference('env:NAME')]] as const
  draft.take({ entry: 'a' }, password)
  draft.take({ entry: 'b' }, password, 'changed', 'it is elsewhere')
  draft.take({ entry: 'c' }, password, 'changed', 'it is in the variable NAME, which is read')
  draft.take({ entry: 'c' }, password, 'changed', 'it is in the variable NAMES')
  const signature = { domain: 'a.example', selector: 's', privateKey: new SecretReference('file:/k.pem') }
  draft.take({ entry: 'd' }, [['dkim', [signature]]])
  expect(report.map(({ note }) => note)).toEqual([
    'it is read from the variable NAME',
    'it is elsewhere; it is read from the variable NAME',
    'it is in the variable NAME, which is read',
    'it is in the variable NAMES; it is read from the variable NAME',
    'it is read from the file /k.pem',
  ])
})

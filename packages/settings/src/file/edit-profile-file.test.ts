import { Secret } from '@posthorn/ground/portable'
import { describe, expect, it } from 'vitest'
import { editProfileFile, readProfileFile } from './profile-file.js'

const YAML = `# the relay of the office
relay:
  host: smtp.example.com # the old one
  port: 587
tls: # nothing yet
credentials: { user: app, password: 'env:SMTP_PASSWORD' }
# one for each library
sites:
  ILL: { sender: { from: ill@example.com } }
`

describe('a profile file that is edited', () => {
  it('keeps its comments, its order and the form of what is not changed', () => {
    const edited = editProfileFile(YAML, [
      ['relay.host', 'new.example'],
      ['relay.port', undefined],
      ['tls.minVersion', 'TLSv1.3'],
      ['credentials.user', 'true'],
      ['sender.from', 'a@example.com'],
    ])
    expect(edited).toBe(`# the relay of the office
relay:
  host: new.example # the old one
tls:
  # nothing yet
  minVersion: TLSv1.3
credentials: { user: "true", password: 'env:SMTP_PASSWORD' }
# one for each library
sites:
  ILL: { sender: { from: ill@example.com } }
sender:
  from: a@example.com
`)
  })

  it('loses a group with its last setting, and stays JSON where it is JSON', () => {
    expect(editProfileFile('name: a\nrelay: { host: b }\n', [['relay.host', undefined]])).toBe('name: a\n')
    const json = editProfileFile('{ "relay": { "host": "a" } }', [['relay.port', 25]])
    expect(JSON.parse(json)).toEqual({ relay: { host: 'a', port: 25 } })
    expect(editProfileFile('a: &x\r\n'.replace('a: &x', 'name: a # x'), [['name', 'b']])).toBe('name: b # x\r\n')
  })

  it('changes nothing else that has the value by an anchor', () => {
    const shared = 'relay: &r { host: a.example, port: 25 }\nsites: { ILL: { relay: *r } }\n'
    const edited = readProfileFile(editProfileFile(shared, [['relay.host', 'b.example']]))
    expect(edited).toEqual({
      profile: { relay: { host: 'b.example', port: 25 } },
      sites: { ILL: { relay: { host: 'a.example', port: 25 } } },
    })
    const named = 'description: &n a@example.com\nsender: { from: *n }\n'
    expect(readProfileFile(editProfileFile(named, [['description', undefined]])).profile).toEqual({
      sender: { from: 'a@example.com' },
    })
  })

  it('takes no secret in memory, and nothing that is no profile', () => {
    const secret = [['credentials.password', new Secret('Geheim')]] as const
    expect(() => editProfileFile(YAML, secret)).toThrow(expect.objectContaining({ code: 'settings.secret-value' }))
    expect(() => editProfileFile('- a', [])).toThrow(expect.objectContaining({ code: 'settings.file-format' }))
  })
})

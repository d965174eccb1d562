import { readFile, writeFile } from 'node:fs/promises'
import { SinkServer } from '@posthorn/testkit'
import { readMessage } from 'posthorn'
import { describe, expect, it } from 'vitest'
import { Folder, posthorn } from '../test/child.js'

const ENVELOPE = ['--from', 'Anna <anna@example.test>', '--to', 'bruno@example.test']
const certificate = (name: string) => new URL(`../../../examples/certificates/${name}`, import.meta.url).pathname

describe('posthorn compose', () => {
  it('writes a draft of flags to standard output', async () => {
    const { code, stdout } = await posthorn(['compose', ...ENVELOPE, '--subject', 'Grüße', '--text', 'Hello ü'])
    expect(code).toBe(0)
    const read = await readMessage(stdout)
    expect(read).toMatchObject({
      subject: 'Grüße',
      text: 'Hello ü\n',
      from: { name: 'Anna', address: 'anna@example.test' },
    })
  })

  it('writes a draft in JSON to a file, with files beside it', async () => {
    await using folder = await Folder.make()
    await writeFile(folder.join('report.csv'), 'a,b\n')
    const draft = {
      from: 'anna@example.test',
      bcc: 'secret@example.test',
      date: '2026-11-21T12:00:00Z',
      text: 'x',
      attachments: [{ path: 'report.csv' }, { content: 'AAEC', encoding: 'base64', filename: 'b.bin' }],
    }
    await writeFile(folder.join('draft.json'), JSON.stringify(draft))
    const out = folder.join('out.eml')
    const { code, stdout } = await posthorn(['compose', '--draft', folder.join('draft.json'), '--out', out])
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(await readFile(out, 'utf8')).not.toContain('secret@example.test')
    const read = await readMessage({ path: out })
    expect(read.date).toEqual(new Date('2026-11-21T12:00:00Z'))
    expect(read.attachments.map(({ filename, content }) => [filename, Buffer.from(content).toString('hex')])).toEqual([
      ['report.csv', '612c620a'],
      ['b.bin', '000102'],
    ])
  })

  it('reads a draft from standard input', async () => {
    const draft = JSON.stringify({ from: 'anna@example.test', text: 'from a pipe' })
    const { code, stdout } = await posthorn(['compose', '--draft', '-'], { input: draft })
    expect(code).toBe(0)
    expect((await readMessage(stdout)).text).toBe('from a pipe\n')
  })

  it.each([
    [['--draft', 'x.json', '--subject', 'x'], 64, '--subject and --draft exclude each other'],
    [['--draft', '/nonexistent.json'], 66, '/nonexistent.json cannot be read'],
    [[...ENVELOPE, '--text', 'x', '--dkim', 'example.test'], 64, '--dkim must be DOMAIN:SELECTOR:FILE'],
    [
      [...ENVELOPE, '--text', 'x', '--cipher', 'rot13', '--encrypt', certificate('bruno.pem')],
      64,
      '--cipher cannot be "rot13"',
    ],
    [[...ENVELOPE, '--text', 'x', '--sign', certificate('bruno.pem')], 78, 'private key'],
    [
      [
        '--from',
        'anna@example.test',
        '--to',
        'nobody@example.test',
        '--text',
        'x',
        '--encrypt',
        certificate('bruno.pem'),
      ],
      65,
      'nobody@example.test',
    ],
  ])('%j ends with %i', async (flags, exit, message) => {
    const { code, stdout, stderr } = await posthorn(['compose', ...flags])
    expect(stderr).toContain(message)
    expect(stderr).toContain('what to do: ')
    expect({ code, stdout }).toEqual({ code: exit, stdout: '' })
  })

  it('takes addresses as people type them, and says which one it cannot take', async () => {
    const to = 'Mueller, Anna <anna@example.test>; mailto:bruno@example.test'
    const { stdout } = await posthorn(['compose', '--from', 'a@example.test', '--to', to, '--text', 'x'])
    expect((await readMessage(stdout)).to).toEqual([
      { name: 'Mueller, Anna', address: 'anna@example.test' },
      { name: '', address: 'bruno@example.test' },
    ])
    const wrong = await posthorn([
      'compose',
      '--from',
      'a@example.test',
      '--to',
      'b@example.test, john smith@c',
      '--text',
      'x',
    ])
    expect(wrong.code).toBe(65)
    expect(wrong.stderr).toContain('--to')
    expect(wrong.stderr).toContain('john smith@c')
  })

  it('says which key of a JSON draft is not known', async () => {
    const draft = JSON.stringify({ from: 'anna@example.test', replyto: 'b@example.test', text: 'x' })
    const { code, stderr } = await posthorn(['compose', '--draft', '-'], { input: draft })
    expect(code).toBe(65)
    expect(stderr).toMatch(/replyto.*\n.*replyTo/s)
  })
})

describe('posthorn smime verify', () => {
  const protect = ['--sign', certificate('anna-with-key.pem'), '--encrypt', certificate('bruno.pem')]

  it('opens and verifies what compose signed and encrypted', async () => {
    await using folder = await Folder.make()
    const mail = folder.join('mail.eml')
    const inner = folder.join('inner.eml')
    const composed = await posthorn(['compose', ...ENVELOPE, '--text', 'The code is 4711.', ...protect, '--out', mail])
    expect(composed.code).toBe(0)
    expect(await readFile(mail, 'utf8')).not.toContain('4711')
    const flags = ['--decrypt', certificate('bruno-with-key.pem'), '--ca', certificate('anna-with-key.pem')]
    const shown = await posthorn(['smime', 'verify', mail, ...flags, '--out', inner])
    expect(shown.stderr).toBe('')
    expect(shown.stdout).toMatch(/^encrypted {3}aes-256-cbc/)
    expect(shown.stdout).toContain('CN=Anna (anna@example.test)')
    expect(shown.stdout).toContain('the message is as it was signed\n')
    expect(shown.code).toBe(0)
    expect(await readFile(inner, 'utf8')).toContain('The code is 4711.')
    const json = await posthorn(['smime', 'verify', '-', ...flags, '--json'], { input: await readFile(mail, 'utf8') })
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: true, layers: [{ kind: 'encrypted' }, { kind: 'signed' }] })
  })

  it('finds one changed octet, and a message for somebody else', async () => {
    await using folder = await Folder.make()
    const mail = folder.join('mail.eml')
    await posthorn([
      'compose',
      ...ENVELOPE,
      '--text',
      'pay 100',
      '--sign',
      certificate('anna-with-key.pem'),
      '--out',
      mail,
    ])
    const lax = await posthorn(['smime', 'verify', mail, '--any-signer'])
    expect(lax.stdout).toContain('anybody can sign so')
    expect(lax.code).toBe(0)
    const text = await readFile(mail, 'utf8')
    await writeFile(mail, text.replace('pay 100', 'pay 900'))
    const changed = await posthorn(['smime', 'verify', mail])
    expect(changed).toMatchObject({ code: 65, stdout: '' })
    expect(changed.stderr).toContain('smime.tampered')
    await posthorn(['compose', ...ENVELOPE, '--text', 'x', '--encrypt', certificate('bruno.pem'), '--out', mail])
    const other = await posthorn(['smime', 'verify', mail, '--decrypt', certificate('anna-with-key.pem')])
    expect(other.code).toBe(65)
    expect(other.stderr).toContain('smime.not-for-us')
  })

  it('says that a message is not signed, and that a signer is of nobody who is trusted', async () => {
    await using folder = await Folder.make()
    const mail = folder.join('mail.eml')
    await posthorn(['compose', ...ENVELOPE, '--text', 'x', '--out', mail])
    expect(await posthorn(['smime', 'verify', mail])).toMatchObject({
      code: 65,
      stdout: 'result      the message is not signed\n',
    })
    await posthorn(['compose', ...ENVELOPE, '--text', 'x', '--sign', certificate('anna-with-key.pem'), '--out', mail])
    for (const ca of [[], ['--ca', certificate('bruno.pem')]]) {
      const distrusted = await posthorn(['smime', 'verify', mail, ...ca])
      expect(distrusted.code).toBe(65)
      expect(distrusted.stdout).toContain('trusted   no')
    }
    const trusted = await posthorn(['smime', 'verify', mail, '--ca', certificate('anna-with-key.pem')])
    expect(trusted.stdout).toContain('trusted   yes')
    expect(trusted.code).toBe(0)
  })
})

it('posthorn send signs by DKIM and S/MIME, and writes each blind recipient of an encrypted message', async () => {
  await using folder = await Folder.make()
  await using sink = await SinkServer.start({ keepContent: true })
  const { generateKeyPairSync } = await import('node:crypto')
  const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
  await writeFile(folder.join('key.pem'), key)
  const flags = ['--dkim', `example.test:s1:${folder.join('key.pem')}`, '--sign', certificate('anna-with-key.pem')]
  const server = ['--server', `smtp://127.0.0.1:${sink.port}?security=none`]
  const text = ['--from', 'anna@example.test', '--to', 'anna@example.test', '--text', 'x']
  const encrypt = ['--encrypt', certificate('anna-with-key.pem'), '--encrypt', certificate('bruno.pem')]
  const sent = await posthorn(['send', ...server, ...text, '--bcc', 'bruno@example.test', ...flags, ...encrypt])
  expect(sent.stderr).toBe('')
  expect(sent.code).toBe(0)
  expect(sink.ledger.map(({ recipients }) => recipients).sort()).toEqual([
    ['anna@example.test'],
    ['bruno@example.test'],
  ])
  for (const { content } of sink.ledger) {
    expect(content!.toString()).toMatch(/^DKIM-Signature: v=1; a=ed25519-sha256;/)
    expect(content!.toString()).not.toContain('bruno@example.test')
  }
})

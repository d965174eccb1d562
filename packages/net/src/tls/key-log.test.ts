import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { tlsServer, trust } from '../../test/server.js'
import { dialTls } from '../../test/tls-dial.js'
import { keyLog } from './key-log.js'

const folder = mkdtempSync(join(tmpdir(), 'posthorn-key-log-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('[part of ipworks.config.SSLKeyLogFile] every session appends its secrets, for the owner alone to read', async () => {
  const keyLogFile = join(folder, 'keys')
  const port = await tlsServer()
  const tls = { ...trust, keyLogFile }
  const { notes } = await dialTls(port, tls)
  expect(notes).toEqual([`the secrets of this session are written to ${keyLogFile}`])
  const first = readFileSync(keyLogFile, 'latin1')
  expect(first).toMatch(/^CLIENT_HANDSHAKE_TRAFFIC_SECRET [0-9a-f]{64} [0-9a-f]{64,96}$/m)
  if (process.platform !== 'win32') expect(statSync(keyLogFile).mode & 0o777).toBe(0o600)
  await dialTls(port, tls)
  const second = readFileSync(keyLogFile, 'latin1')
  expect(second.startsWith(first)).toBe(true)
  expect(second.length).toBeGreaterThan(first.length)
})

test('a file that cannot be written is found before anything is sent', async () => {
  for (const keyLogFile of [folder, join(folder, 'none', 'such'), '']) {
    await expect(dialTls(9, { keyLogFile })).rejects.toMatchObject({
      code: 'settings.tls-key-log',
      field: 'tls.keyLogFile',
      hint: expect.stringMatching(/\.$/) as string,
    })
  }
})

test('a file that is taken away meanwhile costs no connection', () => {
  const inner = mkdtempSync(join(folder, 'inner-'))
  const write = keyLog(join(inner, 'keys'))
  rmSync(inner, { recursive: true })
  expect(() => write(Buffer.from('line\n'))).not.toThrow()
})

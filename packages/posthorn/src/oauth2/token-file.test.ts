import { writeFile } from 'node:fs/promises'
import { Secret } from '@posthorn/ground'
import { describe, expect, it } from 'vitest'
import { Folder } from '../../test/oauth2/folder.js'
import { expectNoSecret, rejection } from '../../test/oauth2/rejection.js'
import { tokenOptionsFromFile } from './token-file.js'

const SECRET = 'Client-Secret-Out-Of-Sight'
const APP = { tokenUrl: 'https://login.example.test/token', clientId: 'app', grant: 'client-credentials' }

async function settings(folder: Folder, entries: unknown, files: Record<string, string> = {}): Promise<string> {
  for (const [name, text] of Object.entries(files)) await writeFile(folder.file(name), text)
  const file = folder.file('oauth2.json')
  await writeFile(file, typeof entries === 'string' ? entries : JSON.stringify(entries))
  return file
}

describe('tokenOptionsFromFile', () => {
  it('does not mind the mark that editors of Windows put at the beginning', async () => {
    await using folder = await Folder.make()
    const file = await settings(folder, `\ufeff${JSON.stringify({ ...APP, clientSecretFile: 'secret.txt' })}`, {
      'secret.txt': `\ufeff${SECRET}\r\n`,
    })
    expect(Secret.of((await tokenOptionsFromFile(file)).clientSecret!).reveal()).toBe(SECRET)
  })

  it.each([
    [{ ...APP, clientSecretFile: 'empty.txt' }, 'clientSecretFile', /has nothing on its first line/],
    [{ ...APP, clientSecret: '' }, 'clientSecret', /is empty/],
    [{ ...APP, clientSecret: SECRET, clientSecretFile: 'secret.txt' }, 'clientSecretFile', /beside clientSecret/],
    [{ ...APP, grant: 'authorization-code', store: 'tokens' }, 'name', /is missing/],
    [{ ...APP, tokenUrl: 'http://login.example.test/' }, 'tokenUrl', /must be https/],
    [{ clientId: 'app', grant: 'client-credentials' }, 'provider', /neither an issuer nor a token endpoint/],
    [{ ...APP, clientId: '' }, 'clientId', /is missing/],
    [{ ...APP, tokenUrl: undefined, provider: 'microsoft', tenant: 'x', use: 'foo' }, 'use', /is not known/],
    [{ ...APP, clientSecretFile: 'secret.txt', assertionFile: 'a' }, 'clientSecret', /beside another proof/],
    [{ ...APP, grant: 'refresh-token' }, 'refreshTokenFile', /is missing/],
  ])('names the entry that is wrong: %j', async (entries, field, problem) => {
    await using folder = await Folder.make()
    const file = await settings(folder, entries, { 'empty.txt': '\n', 'secret.txt': SECRET })
    const error = await rejection(tokenOptionsFromFile(file))
    expect(error).toMatchObject({ code: 'oauth2.file', field })
    expect(error.message).toMatch(problem)
    expect(error.hint).not.toMatch(/microsoft\(\)|\{ issuer/)
    expectNoSecret(error, [SECRET])
  })

  it('tells a file that cannot be read from one that is wrong', async () => {
    await using folder = await Folder.make()
    expect(await rejection(tokenOptionsFromFile(folder.file('absent')))).toMatchObject({ code: 'oauth2.file-read' })
    const file = await settings(folder, { ...APP, clientSecretFile: 'absent' })
    expect(await rejection(tokenOptionsFromFile(file))).toMatchObject({
      code: 'oauth2.file-read',
      field: 'clientSecretFile',
    })
  })

  it('adds a prompt to what the preset says', async () => {
    await using folder = await Folder.make()
    const google = await settings(folder, { provider: 'google', clientId: 'app', prompt: 'select_account' })
    expect((await tokenOptionsFromFile(google)).provider?.authorizationParameters).toEqual({
      access_type: 'offline',
      prompt: 'select_account',
    })
    const other = await settings(folder, { provider: 'https://login.example.test', clientId: 'app', prompt: 'consent' })
    expect((await tokenOptionsFromFile(other)).provider?.authorizationParameters).toEqual({ prompt: 'consent' })
  })
})

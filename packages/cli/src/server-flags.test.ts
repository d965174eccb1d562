import { writeFile } from 'node:fs/promises'
import { Secret, SettingsError, type Credentials } from 'posthorn'
import { describe, expect, it } from 'vitest'
import { Folder } from '../test/child.js'
import { serverOptions } from './server-flags.js'

const SERVER = { server: 'smtp://app@relay.example' }

async function refusalOf(promise: Promise<unknown>): Promise<SettingsError> {
  const error: unknown = await promise.catch((reason: unknown) => reason)
  if (error instanceof SettingsError) return error
  throw new Error('it was not refused')
}

const passwordOf = (credentials: Credentials | undefined) =>
  credentials && 'password' in credentials && credentials.password !== undefined
    ? Secret.of(credentials.password).reveal()
    : undefined

describe('serverOptions', () => {
  it.each(['GSSAPI', 'gssapi', 'EXTERNAL', 'ANONYMOUS'])('asks for no password with %s', async (mechanism) => {
    const { credentials } = await serverOptions({ ...SERVER, mechanism }, {})
    expect(credentials).toEqual({ user: 'app', mechanism })
  })

  it('asks for a password with any other mechanism', async () => {
    const error = await refusalOf(serverOptions({ ...SERVER, mechanism: 'SCRAM-SHA-256' }, {}))
    expect(error).toMatchObject({ code: 'settings.credentials', field: 'password' })
  })

  it('refuses a file with nothing on its first line, and names the flag', async () => {
    await using folder = await Folder.make()
    const file = folder.join('empty.txt')
    for (const text of ['', '\n', '\ufeff\r\n', '  \nlater']) {
      await writeFile(file, text)
      const password = await refusalOf(serverOptions({ ...SERVER, passwordFile: file }, {}))
      expect(password).toMatchObject({ code: 'settings.credentials', field: '--password-file' })
      const token = await refusalOf(serverOptions({ ...SERVER, accessTokenFile: file }, {}))
      expect(token).toMatchObject({ code: 'settings.credentials', field: '--access-token-file' })
    }
  })

  it('does not take the mark of a Windows editor for a part of the password', async () => {
    await using folder = await Folder.make()
    const file = folder.join('password.txt')
    await writeFile(file, '\ufeffcorrect horse\r\nnot this')
    expect(passwordOf((await serverOptions({ ...SERVER, passwordFile: file }, {})).credentials)).toBe('correct horse')
  })
})

import { writeFile } from 'node:fs/promises'
import { Secret } from '@posthorn/ground'
import { describe, expect, it } from 'vitest'
import { Folder } from '../../test/oauth2/folder.js'
import { KeptValues } from './kept-values.js'

describe('a secret that is kept elsewhere', () => {
  it('ends with its line, wherever it is kept', async () => {
    await using folder = await Folder.make()
    await writeFile(folder.file('secret'), 'hunter2\r', { mode: 0o600 })
    const vault = (name: string) => Promise.resolve(name === 'text' ? 'hunter2\r\n' : new Secret('hunter2\n'))
    const kept = new KeptValues({ directory: folder.path, env: { NLSEC: 'hunter2\n' }, vault })
    for (const reference of ['env:NLSEC', 'file:secret', 'vault:text', 'vault:secret']) {
      expect((await kept.secret('credentials.password', reference)).reveal(), reference).toBe('hunter2')
    }
  })

  it('that has nothing on its first line is told by its name', async () => {
    const kept = new KeptValues({ env: { NLSEC: '\nhunter2' } })
    const message = expect.stringContaining('env:NLSEC') as string
    const read = kept.secret('credentials.password', 'env:NLSEC')
    await expect(read).rejects.toMatchObject({ code: 'settings.secret-empty', message })
  })

  it.each([[undefined], [null], [7], [{}]])('a vault that gives %j is told as one', async (given) => {
    const kept = new KeptValues({ vault: () => Promise.resolve(given as never) })
    const read = kept.secret('credentials.password', 'vault:x')
    await expect(read).rejects.toMatchObject({ code: 'settings.vault', field: 'credentials.password' })
  })
})

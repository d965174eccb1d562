import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { ended, posthorn, start } from '../test/child.js'
import { EXIT } from './sysexits.js'

describe('posthorn', () => {
  it.each([[['--help']], [['help', 'send']], [['test', '--help']], [['sandbox', '--help']], [['demo', '--help']]])(
    'explains itself: %j',
    async (args) => {
      const { code, stdout, stderr } = await posthorn(args)
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).toMatch(/^Usage: posthorn/)
    },
  )

  it('documents every exit code a send can end with', async () => {
    const { stdout } = await posthorn(['--help'])
    const internal: readonly number[] = [EXIT.software, EXIT.cannotCreate]
    for (const code of Object.values(EXIT))
      if (!internal.includes(code)) expect(stdout).toMatch(new RegExp(`\\b${code} {2}`))
  })

  it('has every command in the manual', async () => {
    const page = await readFile(new URL('../../../docs/cli.md', import.meta.url), 'utf8')
    for (const command of ['demo', 'send', 'compose', 'test', 'diagnose', 'tls-info', 'sandbox'])
      expect(page).toContain(`| \`posthorn ${command}`)
    for (const command of ['sign-in', 'show', 'sign-out']) {
      expect((await posthorn(['token', '--help'])).stdout).toContain(` ${command} `)
      expect(page).toContain(`| \`posthorn token ${command} FILE\``)
    }
    expect(page).toContain('| `--oauth2 FILE` ')
  })

  it('tells its version', async () => {
    const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string
    }
    expect((await posthorn(['--version'])).stdout).toBe(`${version}\n`)
  })

  it.each([[[]], [['sned']], [['send', '--from']]])('says 64 to what it does not understand: %j', async (args) => {
    const { code, stdout, stderr } = await posthorn(args)
    expect([code, stdout]).toEqual([64, ''])
    expect(stderr).not.toContain('    at ')
  })

  it('does not fall over when its reader leaves', async () => {
    const child = start(['--help'])
    child.stdout.destroy()
    expect((await ended(child)).stderr).toBe('')
  })
})

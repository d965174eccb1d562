import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { Folder, posthorn } from '../test/child.js'

describe('posthorn completion', () => {
  it('completes in bash: names with blanks, settings, formats, shells', async () => {
    await using folder = await Folder.make()
    const profiles = folder.join('posthorn/profiles')
    await mkdir(profiles, { recursive: true })
    await writeFile(`${profiles}/my office.yaml`, '')
    await writeFile(`${profiles}/other.json`, '')
    const { stdout: script } = await posthorn(['completion', 'bash'])
    const completed = (...words: string[]) => {
      const run = `${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _posthorn; printf '%s\\n' "\${COMPREPLY[@]}"`
      const env = { PATH: process.env['PATH'], XDG_CONFIG_HOME: folder.path }
      return execFileSync('bash', ['--norc', '-c', run, 'bash', 'posthorn', ...words], {
        env,
        cwd: folder.path,
        encoding: 'utf8',
      })
        .trimEnd()
        .split('\n')
    }
    expect(completed('send', '--profile', '')).toEqual(['my office', 'other'])
    expect(completed('profile', 'use', 'my\\ o')).toEqual(['my office'])
    expect(completed('completion', '')).toContain('fish')
    expect(completed('profile', 'import', '--format', 'msm')).toEqual(['msmtp'])
    expect(completed('send', '--set', 'relay.po')).toEqual(['relay.port='])
    expect(completed('send', '--attach', '')).toEqual(['posthorn'])
  })

  it('speaks the language of fish', async () => {
    const { stdout } = await posthorn(['completion', 'fish'])
    expect(stdout).not.toContain('${')
    expect(stdout).toContain('set -q XDG_CONFIG_HOME; and set home $XDG_CONFIG_HOME\n')
    expect(stdout).toMatch(/-n '__fish_seen_subcommand_from profile; .* show set use .*' -a '\(__posthorn_profiles\)'/)
  })
})

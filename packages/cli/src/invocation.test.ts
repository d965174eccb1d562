import { mkdir, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Folder } from '../test/child.js'
import { invocation } from './invocation.js'

describe('invocation', () => {
  it('is npx where npm has linked the command', async () => {
    await using folder = await Folder.make()
    await mkdir(folder.join('node_modules/.bin'), { recursive: true })
    await writeFile(folder.join('node_modules/.bin/posthorn'), '')
    await mkdir(folder.join('deep/down'), { recursive: true })
    expect(invocation(folder.join('deep/down'))).toBe('npx posthorn')
  })

  it('is node and a path that exists elsewhere', async () => {
    await using folder = await Folder.make()
    const [node, path] = invocation(folder.path).split(' ')
    expect(node).toBe('node')
    expect(existsSync(join(folder.path, path!))).toBe(true)
  })
})

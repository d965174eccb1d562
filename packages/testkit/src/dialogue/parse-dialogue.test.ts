import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parseDialogue } from './parse-dialogue.js'
import { readDialogues } from './read-dialogues.js'

describe('parseDialogue', () => {
  it('reads the title, the JSON object over several lines, and numbers the steps by the lines of the file', () => {
    const text = '# one.txt: title\n@ {"options": {"a": 1},\n@  "send": []}\n\n# remark\nS: 220 x\nC: \nC:\n'
    const { title, about, sessions } = parseDialogue(text)
    expect(title).toBe('one.txt: title')
    expect(about).toEqual({ options: { a: 1 }, send: [] })
    expect(sessions).toEqual([
      [
        { line: 6, kind: 'send', octets: Buffer.from('220 x\r\n') },
        { line: 7, kind: 'line', octets: Buffer.from('') },
        { line: 8, kind: 'line', octets: Buffer.from('') },
      ],
    ])
  })

  it('reads every kind of step', () => {
    const digest = 'a'.repeat(64)
    const text = `C~ MAIL .*\nC# 5\nC# 5 sha256:${digest}\nC= a\\r\nS= \\x00b\nS* 3 250-x\n* tls\n* tls expired TLSv1.1\n* wait 5\n* trickle 7\n* idle`
    const steps = parseDialogue(text).sessions[0]!.map(({ line: _line, ...step }) => step)
    expect(steps).toEqual([
      { kind: 'match', pattern: /^(?:MAIL .*)$/ },
      { kind: 'content', sizeOctets: 5, sha256: undefined },
      { kind: 'content', sizeOctets: 5, sha256: digest },
      { kind: 'exact', octets: Buffer.from('a\r') },
      { kind: 'send', octets: Buffer.from('\0b') },
      { kind: 'repeat', octets: Buffer.from('250-x\r\n'), times: 3 },
      { kind: 'tls', certificate: 'good', version: undefined },
      { kind: 'tls', certificate: 'expired', version: 'TLSv1.1' },
      { kind: 'wait', delayMs: 5 },
      { kind: 'trickle', delayMs: 7 },
      { kind: 'idle' },
    ])
  })

  it('splits the steps into sessions', () => {
    const { sessions } = parseDialogue('S: 421 no\r\n* close\r\n* end\r\n* session\r\nS: 220 x\r\n')
    expect(sessions.map((steps) => steps.map(({ kind }) => kind))).toEqual([['send', 'close', 'end'], ['send']])
  })

  it.each([
    ['', 'd:1: there are no steps'],
    ['S: x\nC hello', 'd:2: a step begins with'],
    ['S: x\nC:hello', 'd:2: a step begins with'],
    ['X: x', 'd:1: a step begins with'],
    ['C~ (', 'd:1: Invalid regular expression'],
    ['C# x', 'd:1: "C#" takes'],
    ['C# 1 sha256:00', 'd:1: "C#" takes'],
    ['S* x', 'd:1: "S*" takes'],
    ['S= ', 'd:1: there are no octets'],
    ['C= \\q', 'd:1: unknown escape \\q'],
    ['* nap', 'd:1: there is no "* nap"'],
    ['* idle now', 'd:1: nothing follows'],
    ['* wait', 'd:1: "* wait" takes'],
    ['* tls broken', 'd:1: there is no certificate "broken"'],
    ['* tls good SSLv3', 'd:1: there is no TLS version'],
    ['@{}\nS: x', 'd:1: a space must follow'],
    ['#\n@ {"a":\n@ }\nS: x', 'd:2: '],
    ['@ []\nS: x', 'd:1: the "@" lines are not one JSON object'],
    ['* session\nS: x', 'd:1: the session before'],
    ['S: x\n* session\n', 'd:3: there are no steps'],
    ['* end\nC: x', 'd:2: nothing can follow "* end"'],
    ['* reset\nS: x', 'd:2: nothing can follow "* reset"'],
    ['* close\nC: x\nS: x', 'd:3: the server sends nothing after'],
  ])('refuses %j and names the line', (text, message) => {
    expect(() => parseDialogue(text, 'd')).toThrow(message)
  })
})

describe('readDialogues', () => {
  it('reads the .txt files of a folder by name, and names the file in errors', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dialogues-'))
    try {
      await writeFile(join(folder, 'b.txt'), '# b\nS: 2\n')
      await writeFile(join(folder, 'a.txt'), '# a\nS: 1\n')
      await writeFile(join(folder, 'notes.md'), 'no dialogue')
      const url = pathToFileURL(`${folder}/`)
      const read = await readDialogues(url)
      expect(read.map(({ name, dialogue }) => [name, dialogue.title])).toEqual([
        ['a.txt', 'a'],
        ['b.txt', 'b'],
      ])
      await writeFile(join(folder, 'c.txt'), 'nothing')
      await expect(readDialogues(url)).rejects.toThrow('c.txt:1: ')
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

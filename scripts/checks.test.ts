import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { errorCodes } from './error-codes.mjs'
import { tooLong } from './file-length.mjs'
import { brokenLinks } from './links.mjs'
import { idsIn, judge } from './parity.mjs'
import { downloadAddresses, forbiddenPlaces } from './places.mjs'

describe('places', () => {
  it.each(['/home', '/Users', '/root', '/work'])('finds a path below %s', (folder) => {
    expect(forbiddenPlaces('a.ts', `first\nreadFile('${folder}/someone/file')`)).toEqual([
      `a.ts:2: "${folder}/someone" is a path of one machine`,
    ])
  })

  it('finds the host of a registry', () => {
    const host = ['registry', 'example', 'org'].join('.')
    expect(forbiddenPlaces('.npmrc', `registry=https://${host}/`)).toEqual([
      `.npmrc:1: "${host}" names a package registry`,
    ])
  })

  it('lets paths of the repository and of the system pass', () => {
    expect(forbiddenPlaces('a.md', 'see docs/home/start.md, /etc/postfix, /tmp/posthorn-XXXXXX and ./work/x')).toEqual(
      [],
    )
  })

  it('finds an address in a lock file, and no link to a folder', () => {
    const entry = (place: string) => `${JSON.stringify('resolved')}: ${JSON.stringify(place)},`
    const lock = `${entry('packages/net')}\n"link": true\n${entry('https://example.org/a.tgz')}\n"url": "https://example.org/give"`
    expect(downloadAddresses('package-lock.json', lock)).toEqual([
      'package-lock.json:3: has the address https://example.org/a.tgz',
      'package-lock.json:4: has the address https://example.org/give',
    ])
  })
})

describe('links', () => {
  const files: Record<string, string> = { 'docs/b.md': '# One & two\n', docs: '', 'packages/net/src/dial.ts': '' }
  const broken = (text: string) => brokenLinks('docs/a.md', text, (path) => files[path])

  it('accepts what is there', () => {
    expect(
      broken('[b](b.md), [h](b.md#one--two), [up](../docs/), [web](https://example.org), `packages/net/src/dial.ts`'),
    ).toEqual([])
    expect(broken('# Here\n[here](#here)\n```\n[no](gone.md)\n```')).toEqual([])
  })

  it('finds files, headings and paths that are not there', () => {
    expect(broken('[x](gone.md)\n[y](b.md#three)\n`packages/net/src/gone.ts`')).toEqual([
      'docs/a.md:1: gone.md does not exist',
      'docs/a.md:2: docs/b.md has no heading #three',
      'docs/a.md:3: packages/net/src/gone.ts does not exist',
    ])
  })
})

it('file length: 400 lines are enough, but for tables and generated files', () => {
  const lines = (count: number, first = '// one thing') =>
    [first, ...Array.from({ length: count - 1 }, () => 'x'), ''].join('\n')
  expect(tooLong('a.ts', lines(400))).toEqual([])
  expect(tooLong('a.ts', lines(401))).toHaveLength(1)
  expect(tooLong('a.ts', lines(401, '// Table: media types by file name'))).toEqual([])
})

describe('error codes', () => {
  /** The codes of one module, which has the classes of `ground` in short. */
  function codesOf(text: string) {
    const classes = `class SettingsError extends Error { constructor(code: string, facts: object = {}) { super(code); void facts } }\n`
    const host = ts.createCompilerHost({})
    const source = ts.createSourceFile('a.ts', classes + text, ts.ScriptTarget.ES2022, true)
    const getSourceFile = host.getSourceFile.bind(host)
    host.getSourceFile = (name, options) => (name === 'a.ts' ? source : getSourceFile(name, options))
    const program = ts.createProgram(['a.ts'], { strict: true, types: [] }, host)
    const { codes, unclear } = errorCodes(program, (file) => (file === 'a.ts' ? 'a' : undefined))
    return { codes: codes.map(({ code, outcomes, hints }) => [code, ...outcomes, ...hints]), unclear: unclear.length }
  }

  it('reads them where they are written down', () => {
    const text = `throw new SettingsError('a.b', { outcome: Math.random() < 1 ? 'transient' : 'permanent', hint: 'Do.' })`
    expect(codesOf(text)).toEqual({ codes: [['a.b', 'transient', 'permanent', 'Do.']], unclear: 0 })
  })

  it('follows them through functions and tables', () => {
    const text = `
      const TABLE = { 'x.one': ['transient', 'First.'], 'x.two': ['permanent', 'Second.'] } as const
      function fail(code: keyof typeof TABLE) { const [outcome, hint] = TABLE[code]; return new SettingsError(code, { outcome, hint }) }
      const bad = (kind: string, hint: string) => new SettingsError(\`y.\${kind}\`, { hint })
      function outer(hint: string) { throw bad('three', hint) }
      outer('Third.'); throw fail('x.two')`
    expect(codesOf(text)).toEqual({
      codes: [
        ['x.two', 'permanent', 'Second.'],
        ['y.three', 'permanent', 'Third.'],
      ],
      unclear: 0,
    })
  })

  it('says so when a code cannot be told', () => {
    expect(codesOf('throw new SettingsError(String(Math.random()))')).toEqual({ codes: [], unclear: 1 })
  })
})

describe('parity', () => {
  it('finds ids in titles, dots and stars included', () => {
    expect(idsIn("it('[ipworks.prop.From] and [javamail.mail.smtp.dsn.*] hold', [ipworks])")).toEqual([
      'ipworks.prop.From',
      'javamail.mail.smtp.dsn.*',
    ])
  })

  it('tells a part of a row from the whole', () => {
    const title = "it('[part of ipworks.prop.From] and [ipworks.prop.Subject]')"
    expect(idsIn(title)).toEqual(['ipworks.prop.Subject'])
    expect(idsIn(title, true)).toEqual(['ipworks.prop.From'])
  })

  it('is content when every row is proven or open', () => {
    expect(judge(['a.b', 'a.c'], { 'a.c': 'gateway' }, new Map([['a.b', ['x.test.ts']]]))).toEqual([])
  })

  it('finds a row that is neither, one that is both, and ids that no row has', () => {
    const cited = new Map([
      ['a.both', ['x.test.ts']],
      ['a.none', ['y.test.ts']],
    ])
    expect(
      judge(['a.both', 'a.lost', 'a.late'], { 'a.both': 'gateway', 'a.gone': 'gateway', 'a.late': 'later' }, cited),
    ).toEqual([
      'y.test.ts: no row has the id a.none',
      'parity/waiting.json: a.both is proven by x.test.ts; take it out of the list',
      'parity/waiting.json: no row has the id a.gone',
      'parity/waiting.json: a.late waits for later, which is none of component, gateway, console, graph, ews, gmail',
      'no test names a.lost',
    ])
  })
})

/** Where a password is, by the command that shows it. Undefined when only the command can tell. */
export function placeOfPassword(command: string): `file:${string}` | `env:${string}` | undefined {
  const words = shellWords(command.replace(/<\s*\/dev\/null\s*$/, '').trim())
  if (words?.length !== 2) return undefined
  const [program = '', operand = ''] = words.map(({ text }) => text)
  if (/^(?:\/(?:usr\/)?bin\/)?cat$/.test(program) && operand !== '' && !words[1]!.expands) return `file:${operand}`
  if (/^(?:\/(?:usr\/)?bin\/)?printenv$/.test(program) && VARIABLE.test(operand)) return `env:${operand}`
  const echoed = program === 'echo' ? /^\$(?:\{(\w+)\}|(\w+))$/.exec(operand) : undefined
  const name = echoed?.[1] ?? echoed?.[2] ?? ''
  return VARIABLE.test(name) ? `env:${name}` : undefined
}

/** The command that shows what a reference names. */
export function commandFor(reference: string): string | undefined {
  if (reference.startsWith('env:')) return `printenv ${reference.slice(4)}`
  const path = reference.slice(5)
  if (!reference.startsWith('file:') || /[\r\n\0]/.test(path)) return undefined
  return `cat ${/^[\w./+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`}`
}

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/
const MAX_CHARACTERS = 10_000

/** The words of a simple command line; undefined for anything a shell would have to run. */
function shellWords(line: string): { text: string; expands: boolean }[] | undefined {
  if (line.length > MAX_CHARACTERS) return undefined
  const words: { text: string; expands: boolean }[] = []
  let word: { text: string; expands: boolean } | undefined
  for (let at = 0; at < line.length; at++) {
    const here = line[at]!
    if (here === ' ' || here === '\t') {
      if (word) words.push(word)
      word = undefined
      continue
    }
    word ??= { text: '', expands: false }
    if (here === "'" || here === '"') {
      const end = line.indexOf(here, at + 1)
      const inner = line.slice(at + 1, end)
      if (end === -1 || (here === '"' && /[\\`]/.test(inner))) return undefined
      word = { text: word.text + inner, expands: word.expands || (here === '"' && inner.includes('$')) }
      at = end
    } else if (here === '\\') word.text += line[++at] ?? ''
    else if ('|&;<>()`*?[]!#'.includes(here)) return undefined
    else word = { text: word.text + here, expands: word.expands || here === '$' || (here === '~' && word.text === '') }
  }
  if (word) words.push(word)
  return words
}

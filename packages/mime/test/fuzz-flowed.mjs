// format=flowed as a reader takes it, RFC 3676 4.

/** What is wrong with flowed lines; undefined when they say the paragraphs of `text`. */
export function flowedProblem(flowed, text, whole) {
  const lines = flowed.split('\r\n')
  for (const line of lines) {
    if (line.startsWith('From ')) return 'a line begins with "From "'
    const shown = line.trimEnd() // spaces stay together, and a line must not be made the mark of a signature
    if (shown.length > 78 && shown.slice(prefixOf(line).length, 78).trimStart().replace(/^-- /, '').includes(' '))
      return `a line of ${line.length}`
  }
  const got = paragraphs(lines)
  const want = text.split(/\r\n|\r|\n/).map(paragraphOf)
  if (whole && got.length === want.length + 1 && got.at(-1) === '0 ') got.pop()
  const at = want.findIndex((one, index) => one !== got[index])
  if (at < 0 && got.length === want.length) return undefined
  return `paragraph ${at} of ${want.length} is ${JSON.stringify(got[at])} and should be ${JSON.stringify(want[at])}`
}

const prefixOf = (line) => /^>* ?/.exec(line)[0]

/** Depth and text of each paragraph. */
function paragraphs(lines) {
  const out = []
  let open
  for (const line of lines) {
    const marks = /^>*/.exec(line)[0]
    let rest = line.slice(marks.length)
    if (rest.startsWith(' ')) rest = rest.slice(1)
    const signature = rest === '-- '
    if (open && (open.depth !== marks.length || signature)) {
      out.push(`${open.depth} ${open.text}`) // a reader ends the paragraph there, RFC 3676 4.5
      open = undefined
    }
    const joined = (open?.text ?? '') + rest
    if (rest.endsWith(' ') && !signature) open = { depth: marks.length, text: joined }
    else {
      out.push(`${marks.length} ${joined}`)
      open = undefined
    }
  }
  if (open) out.push(`${open.depth} ${open.text}`)
  return out
}

/** What a line of the draft means. */
function paragraphOf(line) {
  const marks = /^>*/.exec(line)[0]
  const rest = line.slice(marks.length)
  const inner = marks !== '' && rest.startsWith(' ') ? rest.slice(1) : rest
  return `${marks.length} ${inner === '-- ' ? inner : inner.replace(/ +$/, '')}`
}

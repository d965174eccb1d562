import type { MailDraft } from '../mail.js'

/** The draft with a line for each missing file at the end of its text and of its HTML. */
export function withNote(draft: MailDraft, names: readonly string[]): MailDraft {
  const lines = names.map((name) => `[The file ${shown(name)} could not be attached.]`)
  const { text, html } = draft
  const withText = text === undefined && html !== undefined ? {} : { text: textWith(text ?? '', lines) }
  return { ...draft, ...withText, ...(html === undefined ? {} : { html: htmlWith(html, lines) }) }
}

function textWith(text: string, lines: readonly string[]): string {
  const ended = text === '' || text.endsWith('\n') ? text : `${text}\n`
  return `${ended}${text === '' ? '' : '\n'}${lines.join('\n')}\n`
}

/** Before the end of the body, where there is one. */
function htmlWith(html: string, lines: readonly string[]): string {
  const note = lines.map((line) => `<p>${escaped(line)}</p>\n`).join('')
  const end = /<\/body\s*>(?![\s\S]*<\/body\s*>)/i.exec(html)?.index ?? html.length
  const before = html.slice(0, end)
  return `${before}${before.endsWith('\n') || before === '' ? '' : '\n'}${note}${html.slice(end)}`
}

/** What would move a cursor or hide in a line is shown as a question mark. */
function shown(name: string): string {
  return name.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?').slice(0, 200)
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

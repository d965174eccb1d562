import type { DomNode, FormatCallback, HtmlToTextOptions } from 'html-to-text'
import { shallowHtml } from './shallow-html.js'

/** What is longer is cut off, and the text says so by an ellipsis. */
const MAX_CHARACTERS = 512 * 1024
const MAX_DEPTH = 100
const WIDTH = 72
/** Beyond these a table is no table for a screen of text, and laying it out takes more than linear time. */
const MAX_COLUMNS = 20
const MAX_PLACES = 2000
const MAX_WORD = 100
/** How much the tables of one text may have in all, in places and lines by columns. */
const MAX_LAID_OUT = 20_000
const BLOCK = { leadingLineBreaks: 1, trailingLineBreaks: 1 }

/** What is known while one text is made. */
interface Progress {
  laidOut: number
  isInTable: boolean
}

type Convert = (html: string, progress: Progress) => string

const converters: { wrapped?: Convert; whole?: Convert } = {}

/**
 * The plain text that HTML stands for, made with the `html-to-text` library, which is loaded at the first use. A link is followed by its
 * URL in angle brackets, unless its text is the URL; a picture is its alternative text; a table with header cells is laid out in columns,
 * of any other table, of one in another, and of one that is too large for that, each cell is a block of its own. HTML beyond 524,288
 * characters or 10,000 elements, or nested deeper than 100 elements, is left out and the place marked with "...".
 * @param wrap true: lines of at most 72 characters; false: paragraphs, for `format=flowed`
 */
export async function textFromHtml(html: string, wrap: boolean): Promise<string> {
  const convert = (converters[wrap ? 'wrapped' : 'whole'] ??= (await import('html-to-text')).compile(optionsFor(wrap)))
  const progress = { laidOut: 0, isInTable: false }
  const text = convert(shallowHtml(html.slice(0, MAX_CHARACTERS)), progress)
  return html.length > MAX_CHARACTERS ? `${text}\n...` : text
}

function optionsFor(wrap: boolean): HtmlToTextOptions {
  return {
    wordwrap: wrap && WIDTH,
    limits: { maxInputLength: undefined, maxDepth: MAX_DEPTH, ellipsis: '...' },
    formatters: { link, picture, tableOrLayout },
    selectors: [
      { selector: 'a', format: 'link', options: { linkBrackets: ['<', '>'], hideLinkHrefIfSameAsText: true } },
      { selector: 'img', format: 'picture' },
      { selector: 'head', format: 'skip' },
      { selector: 'title', format: 'skip' },
      ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({
        selector,
        format: 'heading',
        options: { leadingLineBreaks: 2, trailingLineBreaks: 2, uppercase: false },
      })),
      { selector: 'table', format: 'tableOrLayout', options: { ...BLOCK, uppercaseHeaderCells: false } },
      { selector: 'tr', format: 'block', options: BLOCK },
      { selector: 'td', format: 'block', options: BLOCK },
      { selector: 'th', format: 'block', options: BLOCK },
    ],
  }
}

/** A link that leads somewhere for a reader of mail; a script or an anchor is nothing but its text. */
const link: FormatCallback = (element, walk, builder, options) => {
  const format = /^\s*(?:https?|mailto|tel|ftp):/i.test(attribute(element, 'href')) ? 'anchor' : 'inline'
  builder.options.formatters[format]?.(element, walk, builder, options)
}

const picture: FormatCallback = (element, _walk, builder) => builder.addInline(attribute(element, 'alt'))

const tableOrLayout: FormatCallback = (element, walk, builder, options) => {
  const progress = (builder as unknown as { readonly metadata: Progress }).metadata
  const cost = progress.isInTable ? undefined : layoutCost(element)
  const fits = cost !== undefined && progress.laidOut + cost <= MAX_LAID_OUT
  if (!fits) {
    builder.options.formatters.block?.(element, walk, builder, options)
    return
  }
  progress.laidOut += cost
  progress.isInTable = true // tables in tables would be laid out again and again
  builder.options.formatters.dataTable?.(element, walk, builder, options)
  progress.isInTable = false
}

/**
 * How many places there are in a table with header cells, counting the lines of what stands in them; undefined for any other table, and
 * for one that is too large.
 */
function layoutCost(table: DomNode): number | undefined {
  let hasHeader = false
  let rows = 0
  let columns = 0
  let places = 0
  for (const part of table.children) {
    for (const row of part.name === 'tr' ? [part] : (part.children ?? [])) {
      if (row.name !== 'tr') continue
      rows++
      let width = 0
      for (const cell of row.children ?? []) {
        if (cell.name === 'th') hasHeader = true
        else if (cell.name !== 'td') continue
        const across = span(cell, 'colspan')
        width += across
        places += across * span(cell, 'rowspan')
        if (width > MAX_COLUMNS || places > MAX_PLACES) return undefined
      }
      columns = Math.max(columns, width)
    }
  }
  if (!hasHeader) return undefined
  const lines = linesIn(table)
  return lines === undefined ? undefined : columns * (rows + lines)
}

function span(cell: DomNode, name: string): number {
  const given = Number(attribute(cell, name))
  return given > 1 ? given : 1
}

/** How many lines the text in a table takes at most; undefined when there is a word in it that is too long for a column. */
function linesIn(table: DomNode): number | undefined {
  let lines = 0
  const waiting: DomNode[] = [table]
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (node.type === 'text') {
      const text = node.data ?? ''
      if (text.length > MAX_WORD && new RegExp(`\\S{${MAX_WORD}}`).test(text)) return undefined
      lines += text.length / 20
    } else if (node !== table && !IN_LINE.has(node.name ?? '')) lines++
    if (lines > MAX_LAID_OUT) return undefined
    for (const child of node.children ?? []) waiting.push(child)
  }
  return lines
}

const IN_LINE = new Set('tbody thead tfoot tr td th a b i u em strong span font small big img code'.split(' '))

function attribute(element: DomNode, name: string): string {
  const value = (element.attribs as Record<string, unknown> | undefined)?.[name]
  return typeof value === 'string' ? value : ''
}

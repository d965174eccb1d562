import type { DomNode, FormatCallback, HtmlToTextOptions } from 'html-to-text'

/** What is longer is cut off, and the text says so by an ellipsis. */
const MAX_CHARACTERS = 1024 * 1024
const MAX_DEPTH = 100
const WIDTH = 72
const MAX_SPAN = 100
const BLOCK = { leadingLineBreaks: 1, trailingLineBreaks: 1 }

const converters: { wrapped?: (html: string) => string; whole?: (html: string) => string } = {}

/**
 * The plain text that HTML stands for, made with the `html-to-text` library, which is loaded at the first use. A link is followed by its
 * URL in angle brackets, unless its text is the URL; a picture is its alternative text; a table with header cells is laid out in columns,
 * of any other table each cell is a block of its own. HTML beyond 1,048,576 characters, or nested deeper than 100 elements, is left out and
 * the place marked with "...".
 * @param wrap true: lines of at most 72 characters; false: paragraphs, for `format=flowed`
 */
export async function textFromHtml(html: string, wrap: boolean): Promise<string> {
  const convert = (converters[wrap ? 'wrapped' : 'whole'] ??= (await import('html-to-text')).compile(optionsFor(wrap)))
  // the library would cut it off, too, and write about it to the console
  return html.length > MAX_CHARACTERS ? `${convert(html.slice(0, MAX_CHARACTERS))}\n...` : convert(html)
}

function optionsFor(wrap: boolean): HtmlToTextOptions {
  return {
    wordwrap: wrap && WIDTH,
    limits: { maxInputLength: MAX_CHARACTERS, maxDepth: MAX_DEPTH, ellipsis: '...' },
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
  const format = limitSpans(element) ? 'dataTable' : 'block'
  builder.options.formatters[format]?.(element, walk, builder, options)
}

/**
 * Keeps cells from spanning a million columns, each of which would be laid out.
 * @returns whether the table has header cells of its own
 */
function limitSpans(table: DomNode): boolean {
  let hasHeader = false
  for (const part of table.children) {
    for (const row of part.name === 'tr' ? [part] : (part.children ?? [])) {
      for (const cell of row.children ?? []) {
        if (cell.name === 'th') hasHeader = true
        for (const span of ['colspan', 'rowspan']) {
          if (Number(attribute(cell, span)) > MAX_SPAN) (cell.attribs as Record<string, string>)[span] = '1'
        }
      }
    }
  }
  return hasHeader
}

function attribute(element: DomNode, name: string): string {
  const value = (element.attribs as Record<string, unknown> | undefined)?.[name]
  return typeof value === 'string' ? value : ''
}

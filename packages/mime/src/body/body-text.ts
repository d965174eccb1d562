import type { Alternative, Draft } from '../draft.js'
import { charsetNamed, type Charset } from '../header/charset.js'
import type { FieldStyle } from '../header/field-style.js'
import { parameterizedField } from '../header/parameter.js'
import { ownFields } from '../own-draft.js'
import { refusal } from '../refusal.js'
import type { BodyOptions } from './body-options.js'
import { flowed } from './flowed-text.js'
import { longTextLeaf, MAX_AT_ONCE_UNITS } from './long-text.js'
import { isComposite, mediaTypeNamed } from './media-type.js'
import type { Leaf } from './part.js'
import { textFromHtml } from './text-from-html.js'
import { plainType, textLeaf, type TextType } from './text-leaf.js'

const TYPES = {
  plain: plainType('text/plain'),
  flowed: plainType('text/plain', '; format=flowed'),
  html: plainType('text/html'),
}
/** No field of these is longer, whatever the charset. */
const LONGEST_TYPE = 64
const ALTERNATIVE_KEYS = new Set(['contentType', 'content'])

/** The texts of a draft as parts. */
export interface BodyText {
  readonly text?: Leaf | undefined
  readonly html?: Leaf | undefined
}

/**
 * The plain text and the HTML of a draft.
 * @param style of parts
 * @throws {SettingsError} `draft.not-text`, `draft.text-format`, `draft.text-from-html`, `compose.charset`
 * @throws {PosthornError} `aborted`
 */
export async function bodyText(draft: Draft, options: BodyOptions, style: FieldStyle): Promise<BodyText> {
  const given = textOf(draft.text, 'text')
  const html = textOf(draft.html, 'html')
  const { textFormat: format = 'fixed', textFromHtml: fromHtml = false } = draft
  if (format !== 'fixed' && format !== 'flowed') {
    throw refusal(
      'draft.text-format',
      'textFormat',
      'is neither fixed nor flowed',
      'Use one of the two, or leave it out.',
    )
  }
  if (typeof fromHtml !== 'boolean')
    throw refusal('draft.text-from-html', 'textFromHtml', 'is neither true nor false', 'Write true, or leave it out.')
  const charset = options.charset === undefined ? undefined : await charsetNamed(options.charset, 'charset')
  const text = given ?? (html !== undefined && fromHtml ? await textFromHtml(html, format === 'fixed') : undefined)
  const types = style.foldAt < LONGEST_TYPE ? foldedTypes(style) : TYPES
  const isFlowed = format === 'flowed'
  const textPart =
    text === undefined
      ? undefined
      : leafOf(isFlowed ? types.flowed : types.plain, text, charset, options, isFlowed ? flowed : undefined)
  const htmlPart = html === undefined ? undefined : leafOf(types.html, html, charset, options)
  return {
    text: textPart instanceof Promise ? await textPart : textPart,
    html: htmlPart instanceof Promise ? await htmlPart : htmlPart,
  }
}

/** The part of a draft without anything. */
export const emptyText = (): Leaf => textLeaf(TYPES.plain, '')

/**
 * The other forms of the text.
 * @throws {SettingsError} `draft.alternative`, `draft.unknown-field`, `attachment.content-type`
 */
export async function alternativeForms(
  { alternatives = [] }: Draft,
  options: BodyOptions,
  style: FieldStyle,
): Promise<Leaf[]> {
  if (!Array.isArray(alternatives)) throw malformed('alternatives', 'is no list')
  const leaves: Leaf[] = []
  for (const [index, entry] of (alternatives as readonly Alternative[]).entries())
    leaves.push(await alternative(entry, options, style, `alternatives[${index}]`))
  return leaves
}

function alternative(input: Alternative, options: BodyOptions, style: FieldStyle, field: string): Leaf | Promise<Leaf> {
  if (typeof input !== 'object' || input === null) throw malformed(field, 'is no alternative')
  const given = ownFields<Alternative>(input, ALTERNATIVE_KEYS, `${field}.`)
  const { value, parameters } = mediaTypeNamed(given.contentType, `${field}.contentType`)
  if (isComposite(value)) throw malformed(`${field}.contentType`, `${value} is no form of a text`)
  if (typeof given.content !== 'string') throw malformed(`${field}.content`, 'is no string')
  const others = parameters.filter(([name]) => name !== 'charset')
  const fields = (charset: string) =>
    parameterizedField('Content-Type', { value, parameters: [['charset', charset], ...others] }, style)
  return leafOf({ fields }, given.content, undefined, options)
}

function malformed(at: string, what: string) {
  return refusal('draft.alternative', at, what, 'Give { contentType, content }, such as text/markdown and a string.')
}

/** A text that is long is made in slices. */
function leafOf(
  type: TextType,
  text: string,
  charset: Charset | undefined,
  { stop }: BodyOptions,
  transform?: (lines: string) => string,
): Leaf | Promise<Leaf> {
  if (text.length > MAX_AT_ONCE_UNITS) return longTextLeaf(type, text, { charset, transform, stop })
  return textLeaf(type, transform ? transform(text) : text, charset)
}

/** The types for lines so short that they are folded. */
function foldedTypes(style: FieldStyle): typeof TYPES {
  const type = (value: string, ...others: (readonly [string, string])[]): TextType => ({
    fields: (charset) =>
      parameterizedField('Content-Type', { value, parameters: [['charset', charset], ...others] }, style),
  })
  return { plain: type('text/plain'), flowed: type('text/plain', ['format', 'flowed']), html: type('text/html') }
}

function textOf(value: unknown, field: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw refusal(
    'draft.not-text',
    field,
    `must be a string, not ${value === null ? 'null' : typeof value}`,
    'Give a string, or leave the field out.',
  )
}

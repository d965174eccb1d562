// Typed and written addresses by chance, and what the parsers make of them.
import { SettingsError } from '@posthorn/ground'
import { readAddresses, readBareAddress, shown } from './fuzz-addresses.mjs'
import { FORBIDDEN, FORBIDDEN_PIECES, PIECES } from './fuzz-fragments.mjs'
import { Broken } from './fuzz-reader.mjs'
import { attempt } from './fuzz-refusals.mjs'
import { Texts } from './fuzz-texts.mjs'

const SEPARATORS = [', ', ', ', ',', ';', '; ', '\n', '\r\n', ' ', ',,', ', ,', '，', '；', '\t', '']
const TYPED = [
  'Last, First <a@b.example>',
  'john smith@b.example',
  'john,smith@b.example',
  'a@b.example c@d.example',
  'a@b.example (Name)',
  'Name a@b.example',
  'mailto:a@b.example',
  '<mailto:a@b.example>',
  'mailto:a@b.example?subject=x',
  'mailto:a%40b@c.example',
  '“Anna” <a@b.example>',
  "'Anna' <a@b.example>",
  "'a@b.example'",
  '"a@b.example" <c@d.example>',
  'a@b.example <c@d.example>',
  'Name: <a@b.example>',
  'Team: a@b.example, c@d.example;',
  '<a@b.example>',
  '<a@b.example',
  'a@b.example>',
  '<<a@b.example>>',
  '<@x.example:a@b.example>',
  '"unclosed <a@b.example>',
  '(unclosed a@b.example',
  'a(comment)@(comment)b.example',
  'J. R. R. Tolkien <j@x.example>',
  '\u202ea@b.example\u202c',
  '\ufeffa@b.example',
  'a@b@c.example',
  '@',
  '<>',
  '""@b.example',
  'a @ b.example',
  'a\u00a0@b.example',
  '=?utf-8?q?x?= <a@b.example>',
  'a@b.example.',
  'undisclosed-recipients:;',
]
/** What is never seen: see `displayMailbox`. */
const UNSEEN = /(?!\u200c|\u200d|\ufe0f)\p{Default_Ignorable_Code_Point}/gu

/** Text in which somebody meant mailboxes. @param {import('./fuzz-dice.mjs').Dice} dice */
export function typedBy(dice) {
  const texts = new Texts(dice, dice.one(3) ? 2 : 0)
  const entry = () => {
    const kind = dice.int(12)
    if (kind < 5) return texts.mailbox()
    if (kind < 7) return dice.pick(TYPED)
    if (kind === 7) return texts.group()
    if (kind === 8) return `${texts.pieces(2)} <${texts.address()}>`
    if (kind === 9) return texts.broken(texts.mailbox())
    if (kind === 10) return texts.pieces(3)
    return texts.address()
  }
  let text = entry()
  for (let more = dice.pick([0, 0, 1, 2, 4]); more > 0; more--) text += dice.pick(SEPARATORS) + entry()
  if (dice.one(30)) text += dice.pick(dice.one(2) ? PIECES : FORBIDDEN_PIECES)
  return text
}

/**
 * @param composer the parsers
 * @returns {{ strict: boolean, typed: number, refused: number }} what they read
 * @throws {Error} saying what is wrong
 */
export function judgeParsers(composer, text) {
  const { parseMailbox, parseMailboxList, parseAddressList, readMailboxes, mailboxesOf } = composer
  judgeStrict(parseMailbox, text, { groups: false, single: true })
  judgeStrict(parseMailboxList, text, { groups: false })
  judgeStrict(parseAddressList, text, { groups: true })
  const { mailboxes, refused } = readMailboxes(text)
  const strict = attempt(() => mailboxesOf(parseAddressList(text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ''), 'f')))
  if (strict) {
    if (refused.length > 0) throw new Broken(`refused as typed: ${JSON.stringify(refused)}`)
    const same = (list) => list.map(({ address }) => address).join()
    if (same(mailboxes) !== same(strict)) throw new Broken(`typed ${same(mailboxes)}, written ${same(strict)}`)
    mailboxes.forEach(({ name }, index) => {
      const written = strict[index].name
      if (name !== written && name !== written?.slice(1, -1).trim())
        throw new Broken(`typed ${name}, written ${written}`)
    })
  }
  for (const { text: part, reason } of refused) {
    if (!text.includes(part) || reason === '') throw new Broken(`refused what was not typed: ${JSON.stringify(part)}`)
  }
  if (mailboxes.length > text.split('@').length - 1) throw new Broken('more mailboxes than at signs')
  for (const mailbox of mailboxes) {
    judgeRendered(composer, mailbox)
    judgeTyped(mailbox, text)
  }
  return { strict: strict !== undefined, typed: mailboxes.length, refused: refused.length }
}

function judgeStrict(parse, text, options) {
  let ours
  try {
    ours = [parse(text, 'f')].flat()
  } catch (error) {
    if (!(error instanceof SettingsError) || error.field !== 'f') throw error
  }
  const theirs = FORBIDDEN.test(text) ? undefined : attempt(() => readAddresses(text, options))
  if (ours && !theirs) throw new Broken(`${parse.name} reads ${JSON.stringify(ours)}, which is not in the grammar`)
  if (!ours && theirs?.sure) throw new Broken(`${parse.name} refuses what is in the grammar`)
  if (!ours) return
  const got = shown(ours.map(read)).join()
  if (got !== shown(theirs.entries).join())
    throw new Broken(`${parse.name} reads ${got}, and the grammar says ${shown(theirs.entries).join()}`)
}

function read(entry) {
  if (entry.members) return { group: entry.group, members: entry.members.map(read) }
  const { local, domain } = readBareAddress(entry.address).entries[0]
  if (domain !== entry.domain) throw new Broken(`the domain of ${entry.address} is ${entry.domain}`)
  return { name: entry.name, local, domain }
}

/** strict(render(x)) is x. */
function judgeRendered({ parseMailbox, displayMailbox, displayAddress }, mailbox) {
  const { address, name = '' } = mailbox
  if (parseMailbox(address, 'f').address !== address) throw new Broken(`${address} reads otherwise`)
  if (parseMailbox(displayAddress(mailbox), 'f').address.toLowerCase() !== address.toLowerCase())
    throw new Broken(`${displayAddress(mailbox)} shown for ${address}`)
  const display = displayMailbox(mailbox)
  const again = parseMailbox(display, 'f')
  const seen = name.replace(UNSEEN, '')
  const wanted = seen.trim() === '' ? '' : seen
  if (again.address.toLowerCase() !== address.toLowerCase() || (again.name ?? '') !== wanted)
    throw new Broken(`${JSON.stringify(display)} reads ${JSON.stringify(again)}`)
}

/** The address was typed letter for letter. */
function judgeTyped({ address }, text) {
  if (/[(\\"]|[^\0-\x7f]/.test(text)) return
  const bare = text.replace(/[ \t\r\n]/g, '')
  const at = address.lastIndexOf('@')
  if (!bare.includes(address) && !text.includes(`${address.slice(0, at)}`)) throw new Broken(`${address} was not typed`)
}

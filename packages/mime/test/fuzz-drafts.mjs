// Drafts and options by chance: every field of both, from hostile pieces.
import { generateKeyPairSync } from 'node:crypto'
import { attachmentsBy, bodyBy } from './fuzz-draft-parts.mjs'
import {
  BAD_FIELD_NAMES,
  CHARSETS,
  DATES,
  FIELD_NAMES,
  MESSAGE_IDS,
  NO_TEXTS,
  STRUCTURED,
  URLS,
} from './fuzz-fragments.mjs'
import { Texts } from './fuzz-texts.mjs'

const DATE = new Date('2026-11-21T12:34:56.000Z')
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
/** What a verifier finds in the DNS for the signatures of these drafts. */
export const DKIM_RECORD = `v=DKIM1; k=ed25519; p=${publicKey.export({ format: 'der', type: 'spki' }).subarray(12).toString('base64')}`
export const DKIM = { domain: 'example.com', selector: 's', privateKey }

/**
 * A draft and options to compose it with.
 * @param {import('./fuzz-dice.mjs').Dice} dice
 */
export function draftBy(dice, texts = new Texts(dice), nested = false) {
  const draft = { from: authors(texts) }
  if (dice.one(12)) draft.sender = mailbox(texts)
  if (!dice.one(20)) draft.to = addresses(texts)
  if (dice.one(5)) draft.cc = addresses(texts)
  if (dice.one(5)) draft.bcc = blind(texts)
  if (dice.one(6)) draft.replyTo = addresses(texts)
  if (!dice.one(4)) draft.subject = texts.text(6)
  if (dice.one(15)) draft.date = texts.goesWild(3) ? dice.pick([...DATES, ...NO_TEXTS, new Date(NaN)]) : date(dice)
  if (dice.one(8)) draft.messageId = id(texts)
  if (dice.one(12)) draft.inReplyTo = dice.one(2) ? id(texts) : ids(texts)
  if (dice.one(12)) draft.references = ids(texts)
  if (dice.one(10)) draft.organization = texts.text()
  if (dice.one(15)) draft.readReceiptTo = authors(texts)
  if (dice.one(15)) draft.returnReceiptTo = authors(texts)
  choices(draft, texts)
  if (dice.one(12)) draft.list = list(texts)
  if (dice.one(4)) draft.headers = headers(texts)
  bodyBy(draft, texts)
  if (!nested && dice.one(4))
    draft.attachments = attachmentsBy(texts, () => draftBy(dice, new Texts(dice, 0), true).draft)
  if (nested && draft.body) delete draft.body // judged where it is the whole
  if (texts.goesWild(60)) draft[dice.pick(['bccc', 'Subject', '__proto__x', 'to\r\nX', texts.pieces(1)])] = 'x'
  return { draft, options: nested ? {} : optionsBy(texts) }
}

function optionsBy(texts) {
  const { dice } = texts
  const options = { now: () => DATE, randomOctets: randomBy(dice) }
  if (dice.one(6)) options.foldAt = dice.pick([20, 21, 25, 33, 40, 60, 75, 76, 77, 78, 100, 331, 333, 500, 998, false])
  if (dice.one(10)) options.charset = dice.pick(CHARSETS)
  if (dice.one(12)) options.utf8Headers = true
  if (dice.one(3)) options.allowNoRecipients = true
  if (dice.one(40)) options.messageIdAlgorithm = dice.pick(['sha256', 'sha1', 'md5'])
  if (dice.one(200))
    options.dkim = dice.one(2) ? DKIM : [{ ...DKIM, identity: `${dice.pick(['', 'a', 'ü', 'x=y;z'])}@example.com` }]
  if (texts.goesWild(60)) {
    const key = dice.pick(['foldAt', 'charset', 'messageIdAlgorithm'])
    options[key] = dice.pick([...NO_TEXTS, 19, 999, 76.5, '76', 'utf-7', 'utf-16', 'x\r\ny', texts.pieces(1)])
  }
  return options
}

/** The first boundaries are those that stand in the pieces: they must be found in the texts and drawn anew. */
function randomBy(dice) {
  let first = dice.one(4)
  return (count) => {
    if (count !== 16 || !first) return dice.octets(count)
    first = false
    return Buffer.alloc(count)
  }
}

function authors(texts) {
  const { dice } = texts
  const kind = dice.int(10)
  if (texts.goesWild(50)) return dice.pick(NO_TEXTS)
  if (kind < 6) return mailbox(texts)
  if (kind < 8) return several(dice, 2, () => texts.mailbox()).join(', ')
  return several(dice, 2, () => mailbox(texts))
}

function mailbox(texts) {
  const { dice } = texts
  if (texts.goesWild(50))
    return dice.pick([...NO_TEXTS, { address: 1 }, { name: null, address: 'a@b.example' }, texts.group()])
  if (dice.one(3)) return texts.mailbox()
  return dice.one(8) ? { address: texts.address() } : { name: texts.text(3), address: texts.address() }
}

function addresses(texts) {
  const { dice } = texts
  const kind = dice.int(10)
  if (kind < 4) return mailbox(texts)
  if (kind < 6)
    return several(dice, 3, () => (dice.one(6) ? texts.group() : texts.mailbox())).join(dice.pick([',', ', ']))
  return several(dice, 3, () => (dice.one(6) ? group(texts) : mailbox(texts)))
}

function group(texts) {
  const { dice } = texts
  if (dice.one(2)) return texts.group()
  const members = texts.goesWild(20) ? dice.pick(NO_TEXTS) : Array.from({ length: dice.int(3) }, () => mailbox(texts))
  return { group: texts.goesWild(20) ? dice.pick(['', ' ', null]) : texts.text(2), members }
}

/** Names that occur nowhere else, so that they would be seen. */
function blind(texts) {
  const { dice } = texts
  const one = () => `blind-${dice.uint32()}@secret.example`
  return dice.one(4)
    ? addresses(texts)
    : dice.pick([one(), [one(), { name: texts.text(2), address: one() }], `${one()}, G: ${one()};`])
}

function date(dice) {
  if (dice.one(2)) return dice.pick(['*', '', DATES[2], DATES[3]])
  return new Date(
    Date.UTC(1900 + dice.int(300), dice.int(12), 2 + dice.int(26), dice.int(24), dice.int(60), dice.int(60), 17),
  )
}

function id(texts) {
  const { dice } = texts
  if (texts.goesWild(6))
    return dice.one(2) ? texts.broken(dice.pick(MESSAGE_IDS)) : dice.pick([...NO_TEXTS, ...MESSAGE_IDS])
  return dice.pick(MESSAGE_IDS.slice(0, 4))
}

function ids(texts) {
  const { dice } = texts
  return Array.from({ length: dice.pick([0, 1, 2, 20]) }, () => id(texts))
}

const CHOICES = {
  priority: ['urgent', 'normal', 'non-urgent', 'high', 'low'],
  importance: ['high', 'normal', 'low'],
  xPriority: [1, 2, 3, 4, 5],
  sensitivity: ['personal', 'private', 'company-confidential'],
  autoSubmitted: ['no', 'auto-generated', 'auto-replied', 'auto-notified'],
}

function choices(draft, texts) {
  const { dice } = texts
  for (const key in CHOICES) {
    if (!dice.one(20)) continue
    draft[key] = texts.goesWild(5)
      ? dice.pick([...NO_TEXTS, 0, 6, 1.5, 'HIGH', 'high\r\nBcc: x', 'constructor'])
      : dice.pick(CHOICES[key])
  }
}

function list(texts) {
  const { dice } = texts
  if (texts.goesWild(20)) return dice.pick(NO_TEXTS)
  const url = () => (texts.goesWild(5) ? dice.pick(URLS) : dice.pick(URLS.slice(0, 15)))
  const made = {}
  if (dice.one(2)) made.id = texts.goesWild(6) ? texts.text() : `${texts.phrase()} <news.example.com>`
  for (const key of ['help', 'subscribe', 'unsubscribe', 'owner', 'archive', 'post']) {
    if (dice.one(3)) made[key] = dice.one(2) ? url() : Array.from({ length: dice.int(4) }, url)
  }
  if (dice.one(6)) made.post = 'NO'
  if (dice.one(4)) made.oneClick = dice.pick([true, false])
  if (texts.goesWild(30)) made[dice.pick(['x', 'Help', 'id\r\nX'])] = 'x'
  return made
}

function headers(texts) {
  const { dice } = texts
  if (texts.goesWild(50)) return dice.pick(NO_TEXTS)
  return several(dice, 3, () => {
    if (texts.goesWild(60)) return dice.pick(NO_TEXTS)
    const name = texts.goesWild(12) ? dice.pick(BAD_FIELD_NAMES) : dice.pick(FIELD_NAMES)
    if (dice.one(4))
      return {
        name,
        value: texts.goesWild(5) ? dice.pick(STRUCTURED) : dice.pick(STRUCTURED.slice(0, 6)),
        kind: 'structured',
      }
    const field = { name, value: texts.text(8) }
    if (dice.one(4)) field.kind = texts.goesWild(6) ? dice.pick(['x', null, 'TEXT']) : 'text'
    return field
  })
}

function several(dice, most, make) {
  return Array.from({ length: 1 + dice.int(most) }, make)
}

// What costs more and is done for a sample of the drafts: other encodings, a second opening, another reader, signatures.
import { createRequire } from 'node:module'
import { DKIM_RECORD } from './fuzz-drafts.mjs'
import { collect, judgeMessage } from './fuzz-judge.mjs'
import { Broken, octetsOf, readMessage } from './fuzz-reader.mjs'
import { cut } from './fuzz-model-type.mjs'

let postalMime
let dkimVerify

/**
 * @param composed what `judgeDraft` gave
 * @returns {Promise<readonly string[]>} what was done
 */
export async function judgeSamples(composed, dice) {
  const done = []
  if (dice.one(8) && (await judgeRecoded(composed, dice))) done.push('recoded')
  if (dice.one(16)) {
    await judgeOpenedAgain(composed)
    done.push('opened again')
  }
  if (dice.one(50)) {
    await judgeByPostalMime(composed)
    done.push('read by postal-mime')
  }
  if (composed.model.fields[0].key === 'dkim-signature' && dice.one(3)) {
    await judgeSignature(composed)
    done.push('DKIM verified by mailauth')
  }
  return done
}

async function judgeRecoded({ message, model, octets }, dice) {
  const { content } = message
  const widest = dice.pick(['7bit', '8bit', 'binary'])
  if (!content.recode || model.fields[0].key === 'dkim-signature') return false
  if (widest === '7bit' && content.encoding !== '7bit') return false
  // in binary nothing is searched for the boundaries: octets may be in files, and 128 random bits must do
  if (widest === 'binary' && octets.includes('=_1_00000000000000000000000000000000"')) return false
  const recoded = content.recode(widest)
  const out = await collect(recoded)
  if (recoded.sizeOctets !== undefined && recoded.sizeOctets !== out.length)
    throw new Broken(`sizeOctets ${recoded.sizeOctets} of ${out.length} as ${widest}`)
  if (widest === '7bit' && !out.equals(octets)) throw new Broken('as 7bit it is another message')
  if (recoded.encoding === '7bit' && out.some((octet) => octet > 127))
    throw new Broken(`7bit content has octets above 127 as ${widest}`)
  judgeMessage(readMessage(out, recoded.canonical === true), model)
  return true
}

async function judgeOpenedAgain({ message, octets }) {
  const chunks = []
  for await (const chunk of message.content.open()) chunks.push(Buffer.from(chunk))
  if (!Buffer.concat(chunks).equals(octets)) throw new Broken('opened again it is another message')
}

async function judgeByPostalMime({ octets, model }) {
  postalMime ??= (await import('postal-mime')).default
  const mail = await postalMime.parse(octets, { forceRfc822Attachments: true })
  const { fields } = readMessage(octets, false)
  const keys = mail.headers.map(({ key }) => key).join()
  const wanted = fields.map(({ key }) => key).join()
  if (keys !== wanted) throw new Broken(`postal-mime finds the fields ${keys}, and there are ${wanted}`)
  const subject = model.fields.find(({ key }) => key === 'subject')?.want
  // its TextDecoder takes a byte order mark away, and does not know all charsets
  const readable = subject && !subject.includes('\ufeff') && model.charset === undefined
  if (readable && !sameText(mail.subject, subject))
    throw new Broken(`postal-mime reads the subject ${cut(mail.subject)}`)
  const files = leaves(model.body, readMessage(octets, false)).map((leaf) => octetsOf(leaf).toString('base64'))
  const found = new Set(mail.attachments.map(({ content }) => Buffer.from(content).toString('base64')))
  for (const file of files) if (!found.has(file)) throw new Broken(`postal-mime does not find ${cut(file)}`)
}

const sameText = (a, b) => a?.normalize('NFC').trim() === b.normalize('NFC').trim()

/** The parts that are attachments of octets. */
function leaves(want, entity) {
  if (want.parts) return want.parts.flatMap((part, index) => leaves(part, entity.parts[index]))
  return want.what === 'attachment' && !entity.type.startsWith('text/') ? [entity] : [] // texts may be shown in its text
}

async function judgeSignature({ octets }) {
  // mailauth takes an octet of 160 for white space, also within a character of UTF-8
  if (octets.subarray(0, octets.indexOf('\r\n\r\n')).includes(160)) return
  dkimVerify ??= createRequire(import.meta.url)('mailauth/lib/dkim/verify').dkimVerify
  const { results } = await dkimVerify(octets, { resolver: async () => [[DKIM_RECORD]] })
  const said = results.map(({ status }) => status.result).join()
  if (said !== 'pass') throw new Broken(`mailauth says ${said} about the signature`)
}

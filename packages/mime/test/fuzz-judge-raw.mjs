// What is made of messages that are ready, held against what they were.
import { SettingsError } from '@posthorn/ground'
import { flat, readAddresses, readBareAddress, shown } from './fuzz-addresses.mjs'
import { collect } from './fuzz-judge.mjs'
import { Broken, octetsOf, readEntity } from './fuzz-reader.mjs'
import { attempt } from './fuzz-refusals.mjs'

const REFUSALS = ['content.signed', 'content.structure', 'content.eight-bit', 'content.line-ends']

/**
 * The same leaves after `recode`, and the same octets however they come.
 * @returns {Promise<'same' | 'recoded' | 'refused'>}
 */
export async function judgeRaw({ rawContent, readyOctets }, { octets, tree, sealed }, dice) {
  const content = await rawContent(octets)
  const whole = await collect(content)
  if (content.sizeOctets !== whole.length) throw new Broken('sizeOctets')
  if (content.encoding === '7bit' && whole.some((octet) => octet > 127))
    throw new Broken('7bit content has octets above 127')
  const inChunks = await rawContent(() => chunks(octets, 1 + dice.int(300)))
  if (!(await collect(inChunks)).equals(whole)) throw new Broken('in chunks it is another message')
  const widest = dice.one(3) ? '8bit' : '7bit'
  const recoded = refusable(() => content.recode(widest))
  const other = refusable(() => (widest === '8bit' || dice.one(2) ? inChunks : readyOctets(octets)).recode(widest))
  if (!recoded !== !other) throw new Broken('one of two ways to the same content is refused')
  if (!recoded) {
    if (!sealed) throw new Broken('it is refused to be re-encoded')
    return 'refused'
  }
  const out = await collect(recoded)
  if (recoded.sizeOctets !== out.length)
    throw new Broken(`sizeOctets ${recoded.sizeOctets} of ${out.length}, re-encoded`)
  if (!(await collect(other)).equals(out)) throw new Broken('re-encoded in chunks it is another message')
  if (widest === '7bit' && out.some((octet) => octet > 127))
    throw new Broken('re-encoded for 7bit it has octets above 127')
  judgeTree(readEntity(out.toString('latin1'), true), tree)
  return recoded === content ? 'same' : 'recoded'
}

function refusable(recode) {
  try {
    return recode()
  } catch (error) {
    if (!(error instanceof SettingsError) || !REFUSALS.includes(error.code)) throw error
    return undefined
  }
}

function judgeTree(entity, { parts, message, body, octets, isWhole }) {
  if (entity.raw === body || (isWhole && entity.raw === `${body}\r\n`)) return // as it was, whatever it was
  if (parts) {
    if (entity.parts?.length !== parts.length) throw new Broken(`${entity.parts?.length} parts and not ${parts.length}`)
    entity.parts.forEach((part, index) => judgeTree(part, parts[index]))
  } else if (message) judgeTree(readEntity(entity.raw, true), message)
  else {
    const got = octetsOf({ ...entity, encoding: plainLabel(entity.encoding) })
    const ended = isWhole && got.equals(Buffer.concat([octets, Buffer.from('\r\n')]))
    if (!got.equals(octets) && !ended)
      throw new Broken(
        `a leaf is ${JSON.stringify(got.toString('latin1'))} and should be ${JSON.stringify(octets.toString('latin1'))}`,
      )
  }
}

/** Labels that people write for 8bit. */
function plainLabel(encoding) {
  const label = encoding.replace(/\(.*\)/, '').trim()
  return label === '8-bit' || label === '7bit' ? '8bit' : label
}

async function* chunks(octets, size) {
  for (let at = 0; at < octets.length; at += size) yield octets.subarray(at, at + size)
}

/** The envelope that a header section names, and no Bcc in what is sent. */
export async function judgeAddressed({ rawMessage }, fields) {
  const text = `${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\nbody\r\n`
  const octets = Buffer.from(text)
  const read = fields.map(([, value]) => attempt(() => readAddresses(value.replaceAll('\r\n', ''), {})))
  const byName = (names) => read.filter((_, index) => names.includes(fields[index][0]))
  const recipients = byName(['To', 'Cc', 'Bcc'])
  let message
  try {
    message = await rawMessage(octets, { readRecipients: true })
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    if (
      recipients.length > 0 &&
      [...recipients, read[0]].every((one) => one?.sure) &&
      recipients.some(({ entries }) => flat(entries).length > 0) &&
      !text.toWellFormed().includes('\ufffd')
    )
      throw new Broken(`refused: ${error.message}`)
    return 'refused'
  }
  if ([...recipients, read[0]].some((one) => !one)) throw new Broken('read what is not in the grammar')
  const seen = new Set()
  const wanted = recipients
    .flatMap(({ entries }) => flat(entries))
    .map(({ local, domain }) => ({ local, domain: domain.toLowerCase() }))
    .filter((one) => !seen.has(shown([one])[0]) && seen.add(shown([one])[0]))
  const got = message.envelope.recipients
    .map((one) => readBareAddress(one).entries[0])
    .map(({ local, domain }) => ({ local, domain: domain.toLowerCase() }))
  if (shown(got).join() !== shown(wanted).join())
    throw new Broken(`recipients ${shown(got).join()}, and there are ${shown(wanted).join()}`)
  const sent = (await collect(message.content)).toString()
  const kept = fields.filter(([name]) => name !== 'Bcc').map(([name, value]) => `${name}: ${value}\r\n`)
  if (sent !== `${kept.join('')}\r\nbody\r\n`.toWellFormed())
    throw new Broken(`what is sent is ${JSON.stringify(sent)}`)
  return 'compared'
}

/** Whatever the octets are, what is thrown is a refusal. */
export async function judgeRubbish({ rawContent, rawMessage, readyOctets }, octets) {
  const tries = [
    () => rawContent(octets),
    () =>
      rawMessage(octets, {
        readRecipients: true,
        envelope: { reversePath: '', recipients: ['a@b.example'] },
        complete: true,
      }),
    () => readyOctets(octets),
  ]
  let refused = 0
  for (const attempted of tries) {
    try {
      const { content, ...rest } = await attempted()
      const found = content ?? { ...rest, recode: rest.recode }
      for (const widest of ['7bit', '8bit', 'binary']) {
        const recoded = refusable(() => found.recode(widest))
        if (!recoded) refused++
        else if (widest !== 'binary') {
          const out = await collect(recoded)
          if (widest === '7bit' && recoded.utf8Header === false && out.some((octet) => octet > 127))
            throw new Broken('octets above 127')
        }
      }
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error
      refused++
    }
  }
  return refused
}

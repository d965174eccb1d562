import { compose } from '@posthorn/mime'
import { author, drafts, recipient } from './drafts.mjs'

if (typeof compose !== 'function') throw new Error('@posthorn/mime has no compose: is it built?')

/**
 * How a message of Posthorn is composed and read to its end, `readings` times, as `SmtpClient` reads it. `once()` gives its octets,
 * `message()` all of them in memory.
 */
export async function open({ draft, path, protect, readings = 1 }) {
  const { text, html, files } = drafts[draft](path)
  const attachments = files.map(({ name, type, cid, ...source }) => ({
    filename: name,
    contentType: type,
    ...source,
    ...(cid ? { contentId: cid } : {}),
  }))
  const input = { from: author, to: recipient, subject: 'A message for measuring', text, html, attachments }
  if (html === undefined) delete input.html
  const options = await optionsOf(protect)
  const composed = async () => (await compose(input, options)).content
  return {
    async once() {
      const content = await composed()
      if (content.octets) return content.octets.length
      let sizeOctets = 0
      for (let reading = 0; reading < readings; reading++) {
        sizeOctets = 0
        for await (const chunk of content.open()) sizeOctets += chunk.length
      }
      if (content.sizeOctets !== undefined && content.sizeOctets !== sizeOctets)
        throw new Error(`Posthorn said ${content.sizeOctets} octets and gave ${sizeOctets}`)
      return sizeOctets
    },
    async message() {
      const chunks = []
      for await (const chunk of (await composed()).open()) chunks.push(Buffer.from(chunk))
      return Buffer.concat(chunks)
    },
  }
}

/** What `protect` asks for as options of `compose`: keys as PEM come from the parent, because making them takes long. */
async function optionsOf(protect) {
  if (!protect) return undefined
  const { createPrivateKey } = await import('node:crypto')
  const { privateKeyOf, readCertificate } = await import('@posthorn/certificate')
  const { sign, encrypt, dkim } = protect
  const smime = {}
  if (sign) {
    const privateKey = privateKeyOf(createPrivateKey(sign.key))
    smime.sign = { identity: { certificate: certificateOf(readCertificate, sign.certificate), privateKey, chain: [] } }
  }
  if (encrypt) {
    smime.encrypt = {
      certificates: [certificateOf(readCertificate, encrypt.certificate)],
      cipher: encrypt.cipher,
    }
  }
  return {
    ...(sign || encrypt ? { smime } : {}),
    ...(dkim ? { dkim: dkim.map(({ key, ...rest }) => ({ ...rest, privateKey: key })) } : {}),
  }
}

function certificateOf(readCertificate, pem) {
  return readCertificate(Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64'))
}

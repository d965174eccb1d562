import MailComposer from 'nodemailer/lib/mail-composer'
import DKIM from 'nodemailer/lib/dkim'
import { author, drafts, recipient } from './drafts.mjs'

/**
 * How a message of Nodemailer is composed and read to its end: by the stream that its transports read, which is faster than `build()`.
 * Of `protect` it knows one DKIM signature with an RSA key, which its transports make in the same way.
 */
export async function open({ draft, path, protect }) {
  const { text, html, files } = drafts[draft](path)
  const attachments = files.map(({ name, type, ...source }) => ({ filename: name, contentType: type, ...source }))
  const input = { from: author, to: recipient, subject: 'A message for measuring', text, html, attachments }
  const dkim = protect?.dkim.find(({ algorithm }) => algorithm === 'rsa')
  const signer = dkim && new DKIM({ domainName: dkim.domain, keySelector: dkim.selector, privateKey: dkim.key })
  const stream = () => {
    const made = new MailComposer(input).compile().createReadStream()
    return signer ? signer.sign(made) : made
  }
  const read = (found) =>
    new Promise((resolve, reject) => {
      const source = stream()
      source.on('data', found)
      source.on('end', resolve)
      source.on('error', reject)
    })
  return {
    async once() {
      let sizeOctets = 0
      await read((chunk) => {
        sizeOctets += chunk.length
      })
      return sizeOctets
    },
    async message() {
      const chunks = []
      await read((chunk) => chunks.push(chunk))
      return Buffer.concat(chunks)
    },
  }
}

// A signature taken apart by openssl, for algorithms that openssl does not verify in CMS.
import { readFile, writeFile } from 'node:fs/promises'
import { openssl } from './openssl.mjs'

/** The signed attributes as they are signed, the digest in them, and the signature, taken out of the message by openssl asn1parse. */
export async function signatureParts(message, derPath) {
  await writeFile(derPath, await openssl(['cms', '-cmsout', '-outform', 'DER', '-in', message]))
  const der = await readFile(derPath)
  const lines = (await openssl(['asn1parse', '-inform', 'DER', '-in', derPath])).toString().split('\n')
  const parsed = lines.flatMap((line) => {
    const found = /^ *(\d+):d=(\d+) +hl=(\d+) l= *(\d+) (prim|cons): (.*)$/.exec(line)
    return found
      ? [
          {
            from: Number(found[1]),
            depth: Number(found[2]),
            head: Number(found[3]),
            length: Number(found[4]),
            text: found[6],
          },
        ]
      : []
  })
  const octets = ({ from, head, length }) => der.subarray(from, from + head + length)
  const last = parsed.findLast(({ text }) => text.startsWith('OCTET STRING'))
  const index = parsed.findLastIndex(({ text, depth }) => text.startsWith('cont [ 0 ]') && depth === last.depth)
  const attributes = Buffer.from(octets(parsed[index]))
  attributes[0] = 0x31
  const mark = parsed.findIndex(({ text }) => text.endsWith(':messageDigest'))
  const digest = /\[HEX DUMP\]:([0-9A-F]+)/.exec(parsed[mark + 2].text)[1].toLowerCase()
  return { attributes, digest, signature: octets(last).subarray(last.head) }
}

/** The one envelope of all runs. */
export const envelope = { reversePath: 'sender@bench.example', recipient: 'recipient@bench.example' }

/** The name every client gives to EHLO. */
export const localName = 'client.bench.example'

/** What AUTH PLAIN carries where a row says AUTH. */
export const credentials = { user: 'bench', password: 'not-a-secret' }

export const sizes = { '1k': 1024, '10k': 10_240, '1m': 1_048_576, '25m': 26_214_400 }

const header =
  'From: Sender <sender@bench.example>\r\nTo: Recipient <recipient@bench.example>\r\nSubject: A message for measuring\r\n' +
  'Date: Fri, 21 Nov 2025 12:00:00 +0000\r\nMessage-ID: <1@bench.example>\r\nMIME-Version: 1.0\r\n'
const text = 'The quick brown fox jumps over the lazy dog, and then it has to do so again.\r\n'

/** A whole message of exactly so many octets: lines of text up to 64 KB, one base64 attachment above. Lines end with CRLF. */
export function contentOf(sizeOctets) {
  const head =
    sizeOctets <= 65_536
      ? `${header}Content-Type: text/plain; charset=us-ascii\r\n\r\n`
      : `${header}Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n`
  const line = sizeOctets <= 65_536 ? text : `${base64Line()}\r\n`
  const content = Buffer.alloc(sizeOctets, line)
  content.write(head, 'latin1')
  content.write('\r\n', sizeOctets - 2, 'latin1')
  // The pattern may have been cut within a line end: no bare CR or LF may stand before the last line end.
  if (content[sizeOctets - 3] === 13) content[sizeOctets - 3] = 0x2e
  return content
}

/** A short message with everything that dot-stuffing can get wrong. It must arrive octet by octet. */
export function trickyContent() {
  const body = ['.', '..', '.a', 'a.', '', '.', '...', 'x . y', ' .', '.\t', '', '']
  return Buffer.from(`${header}\r\n${body.join('\r\n')}`)
}

/** Content as DATA carries it: dots at the start of lines doubled, and the end (RFC 5321 4.5.2). */
export function asData(content) {
  const parts = content[0] === 0x2e ? [Buffer.from('.')] : []
  let from = 0
  for (let at = content.indexOf('\r\n.'); at >= 0; at = content.indexOf('\r\n.', at + 2)) {
    parts.push(content.subarray(from, at + 2))
    from = at + 2
    parts.push(Buffer.from('.'))
  }
  return Buffer.concat([...parts, content.subarray(from), Buffer.from('.\r\n')])
}

function base64Line() {
  const octets = Buffer.alloc(57)
  for (let index = 0; index < octets.length; index++) octets[index] = (index * 167 + 13) & 0xff
  return octets.toString('base64')
}

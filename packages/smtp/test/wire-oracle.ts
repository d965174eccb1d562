/**
 * Reads back what a client wrote, by a parser of its own that shares nothing with the one that wrote it: what a strict server
 * understands (RFC 5321 4.1.2, RFC 6531 3.3, RFC 3461 4).
 */
export interface ReadPath {
  readonly verb: string
  /** The local part without quotes and backslashes; '' for the null reverse-path. */
  readonly local: string
  readonly domain: string
  readonly parameters: ReadonlyMap<string, string | true>
}

const ATOM = /[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\u{10ffff}-]/u

/** `MAIL FROM:<a@b> SIZE=1` and `RCPT TO:<...>`. @throws {Error} when the line is not exactly one path and parameters */
export function readPath(line: string): ReadPath {
  const head = /^(MAIL FROM|RCPT TO):</.exec(line)
  if (!head) throw new Error(`no path command: ${JSON.stringify(line)}`)
  const verb = head[1]!.slice(0, 4)
  let rest = line.slice(head[0].length)
  let local = ''
  let domain = ''
  if (rest[0] !== '>') {
    ;[local, rest] = rest[0] === '"' ? readQuoted(rest) : readDotAtom(rest)
    if (rest[0] !== '@') throw new Error(`no "@" behind the local part: ${JSON.stringify(line)}`)
    const match = /^@([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Za-z:.]+\])/.exec(rest)
    if (!match) throw new Error(`no domain: ${JSON.stringify(line)}`)
    domain = match[1]!
    rest = rest.slice(match[0].length)
  }
  if (rest[0] !== '>') throw new Error(`no ">" behind the path: ${JSON.stringify(line)}`)
  return { verb, local, domain, parameters: readParameters(rest.slice(1)) }
}

function readDotAtom(text: string): [string, string] {
  let at = 0
  for (const char of text) {
    const dotBetween = char === '.' && at > 0 && text[at - 1] !== '.' && text[at + 1] !== '@'
    if (!dotBetween && !ATOM.test(char)) break
    at += char.length
  }
  if (at === 0) throw new Error(`an empty local part: ${JSON.stringify(text)}`)
  return [text.slice(0, at), text.slice(at)]
}

function readQuoted(text: string): [string, string] {
  let local = ''
  for (let at = 1; at < text.length; at++) {
    const char = text[at]!
    if (char === '"') return [local, text.slice(at + 1)]
    if (char < ' ' || char === '\x7f') throw new Error('a control character inside quotes')
    local += char === '\\' ? (text[++at] ?? '') : char
  }
  throw new Error(`a quote without end: ${JSON.stringify(text)}`)
}

function readParameters(text: string): Map<string, string | true> {
  const parameters = new Map<string, string | true>()
  if (text === '') return parameters
  if (text[0] !== ' ') throw new Error(`no blank in front of the parameters: ${JSON.stringify(text)}`)
  for (const parameter of text.slice(1).split(' ')) {
    const match = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^\x00-\x20=\x7f]+))?$/.exec(parameter)
    if (!match) throw new Error(`no parameter: ${JSON.stringify(parameter)}`)
    if (parameters.has(match[1]!)) throw new Error(`twice: ${match[1]}`)
    parameters.set(match[1]!, match[2] ?? true)
  }
  return parameters
}

/** xtext as octets, read as UTF-8. @throws {Error} when it is none */
export function readXtext(text: string): string {
  const octets: number[] = []
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!
    if (char === '+') {
      const hex = text.slice(at + 1, at + 3)
      if (!/^[0-9A-F]{2}$/.test(hex)) throw new Error(`no hexchar: ${JSON.stringify(text)}`)
      octets.push(parseInt(hex, 16))
      at += 2
    } else {
      if (!/^[!-*,-<>-~]$/.test(char)) throw new Error(`no xchar: ${JSON.stringify(text)}`)
      octets.push(char.charCodeAt(0))
    }
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(octets))
}

/** utf-8-addr-xtext or utf-8-addr-unitext (RFC 6533 3). @throws {Error} when it is neither */
export function readUtf8AddressXtext(text: string): string {
  if (!/^(?:\\x\{(?:[1-9A-F][0-9A-F]{1,5})\}|[!-*,-<>-[\]-~])*$/.test(text))
    throw new Error(`no utf-8 address: ${JSON.stringify(text)}`)
  return text.replace(/\\x\{([0-9A-F]+)\}/g, (_all, hex: string) => {
    const point = parseInt(hex, 16)
    if (point >= 0xd800 && point <= 0xdfff) throw new Error('a surrogate')
    return String.fromCodePoint(point)
  })
}

/** Content as the receiver stores it: lines that end with CRLF, and no CR or LF elsewhere. */
export function normalised(content: Uint8Array): Buffer {
  const out: number[] = []
  for (let at = 0; at < content.length; at++) {
    const octet = content[at]!
    if (octet === 13) {
      out.push(13, 10)
      if (content[at + 1] === 10) at++
    } else if (octet === 10) out.push(13, 10)
    else out.push(octet)
  }
  if (out.length > 0 && out.at(-1) !== 10) out.push(13, 10)
  return Buffer.from(out)
}

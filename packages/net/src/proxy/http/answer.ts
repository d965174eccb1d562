/** The head of an HTTP response (RFC 9112 4 and 5). */
export interface Answer {
  /** The status line as it came, without its end. */
  readonly line: string
  /** 1.0 or 1.1. */
  readonly minor: number
  readonly status: number
  readonly fields: readonly (readonly [name: string, value: string])[]
}

/** How the body of an answer ends (RFC 9112 6.3): after so many octets, in chunks, or with the connection. */
export type BodyEnd = number | 'chunked' | 'close'

/** Undefined when it is not the head of an HTTP/1 response. Lines may end in LF alone; a folded line belongs to the one before it. */
export function parseAnswer(head: string): Answer | undefined {
  const [line = '', ...rest] = head.replace(/(\r?\n)[ \t]+/g, ' ').split(/\r?\n/)
  const status = /^HTTP\/1\.(\d) ([1-9]\d\d)(?: |$)/.exec(line)
  if (!status) return undefined
  const fields = rest.flatMap((field): [string, string][] => {
    const colon = field.indexOf(':')
    return colon <= 0 ? [] : [[field.slice(0, colon).trim().toLowerCase(), field.slice(colon + 1).trim()]]
  })
  return { line, minor: Number(status[1]), status: Number(status[2]), fields }
}

/** All values of a field, in their order. */
export function valuesOf({ fields }: Answer, name: string): string[] {
  return fields.filter((field) => field[0] === name).map((field) => field[1])
}

/** Whether the connection is still there behind the body (RFC 9112 9.3). `Proxy-Connection` is what proxies of the time of NTLM say. */
export function staysOpen(answer: Answer): boolean {
  const options = [...valuesOf(answer, 'connection'), ...valuesOf(answer, 'proxy-connection')]
    .join(',')
    .toLowerCase()
    .split(',')
    .map((option) => option.trim())
  if (options.includes('close')) return false
  return answer.minor >= 1 || options.includes('keep-alive')
}

/** What ends the body of an answer to a request that was not taken. */
export function bodyEnd(answer: Answer): BodyEnd {
  if (answer.status === 204 || answer.status === 304) return 0
  const codings = valuesOf(answer, 'transfer-encoding').join(',').toLowerCase()
  if (codings !== '') return codings.trim() === 'chunked' ? 'chunked' : 'close'
  const lengths = new Set(valuesOf(answer, 'content-length').flatMap((value) => value.split(/\s*,\s*/)))
  const [length] = lengths
  return lengths.size === 1 && length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : 'close'
}

/** Where Postfix hands mail to. */
export interface NextHop {
  readonly host: string
  readonly port?: number | undefined
  /** True without brackets: Postfix looks its mail servers up. */
  readonly isDomain: boolean
}

const SERVICES: Readonly<Record<string, number>> = { smtp: 25, submission: 587, submissions: 465, smtps: 465, lmtp: 24 }

/** The number of a port or of a service with a name. */
export function portNamed(text: string): number | undefined {
  if (/^\d{1,5}$/.test(text)) return Number(text)
  return Object.hasOwn(SERVICES, text) ? SERVICES[text] : undefined
}

/** `[host]:port`, `host:port`, `[host]` or `domain`. Undefined for anything else. */
export function nextHop(text: string): NextHop | undefined {
  const [, inBrackets, plain, port] = /^(?:\[([^[\]\s]{1,255})\]|([^[\]\s:]{1,255}))(?::(\w{1,20}))?$/.exec(text) ?? []
  const host = inBrackets?.replace(/^ipv6:/i, '') ?? plain
  const number = port === undefined ? undefined : portNamed(port.toLowerCase())
  if (host === undefined || (port !== undefined && number === undefined)) return undefined
  return { host, isDomain: inBrackets === undefined, ...(number === undefined ? {} : { port: number }) }
}

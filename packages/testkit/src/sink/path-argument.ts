/** Parameters of MAIL or RCPT by keyword in upper case; true for one without a value. */
export type Parameters = Readonly<Record<string, string | true>>

/** A parsed argument of MAIL or RCPT. */
export interface PathArgument {
  /** Without angle brackets. */
  readonly path: string
  readonly parameters: Parameters
}

interface Rule {
  readonly extension: string
  readonly value: RegExp | undefined
}

const XTEXT = '(?:[!-*,-<>-~]|\\+[0-9A-F]{2})'
const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\u0080-\\u{10ffff}-]+"
const LOCAL_PART = new RegExp(`^(?:${ATOM}(?:\\.${ATOM})*|"(?:[^\\x00-\\x1f\\x7f"\\\\]|\\\\[ -~])*")$`, 'u')
const DOMAIN =
  /^(?:[A-Za-z0-9\u0080-\u{10ffff}](?:[A-Za-z0-9.\u0080-\u{10ffff}-]*[A-Za-z0-9\u0080-\u{10ffff}])?|\[[0-9A-Za-z:.]+\])$/u
const NO_PARAMETERS: Parameters = {}

const RULES: Readonly<Record<'MAIL' | 'RCPT', Readonly<Record<string, Rule>>>> = {
  MAIL: {
    SIZE: { extension: 'SIZE', value: /^\d{1,20}$/ },
    BODY: { extension: '8BITMIME', value: /^(?:7BIT|8BITMIME|BINARYMIME)$/i },
    SMTPUTF8: { extension: 'SMTPUTF8', value: undefined },
    RET: { extension: 'DSN', value: /^(?:FULL|HDRS)$/i },
    ENVID: { extension: 'DSN', value: new RegExp(`^${XTEXT}{1,100}$`) },
    AUTH: { extension: 'AUTH', value: new RegExp(`^${XTEXT}+$`) },
    REQUIRETLS: { extension: 'REQUIRETLS', value: undefined },
    BY: { extension: 'DELIVERBY', value: /^-?\d{1,9};[NR]T?$/i },
    HOLDFOR: { extension: 'FUTURERELEASE', value: /^[1-9]\d{0,8}$/ },
    HOLDUNTIL: { extension: 'FUTURERELEASE', value: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/ },
    'MT-PRIORITY': { extension: 'MT-PRIORITY', value: /^(?:0|-?[1-9])$/ },
  },
  RCPT: {
    NOTIFY: { extension: 'DSN', value: /^(?:NEVER|(?:SUCCESS|FAILURE|DELAY)(?:,(?:SUCCESS|FAILURE|DELAY))*)$/i },
    ORCPT: { extension: 'DSN', value: new RegExp(`^[A-Za-z0-9-]+;${XTEXT}{1,500}$`) },
  },
}

/**
 * Parses the argument of MAIL or RCPT (RFC 5321 4.1.2) against what was offered.
 * @returns the reply that refuses it when it is wrong
 */
export function parsePathArgument(
  verb: 'MAIL' | 'RCPT',
  argument: string,
  offered: ReadonlySet<string>,
): PathArgument | string {
  const keyword = verb === 'MAIL' ? 'FROM:' : 'TO:'
  if (argument.slice(0, keyword.length).toUpperCase() !== keyword) return `501 5.5.4 ${verb} ${keyword}<path> it is`
  const end = endOfPath(argument, keyword.length)
  if (end < 0) return '501 5.5.4 the path stands in angle brackets'
  const path = argument.slice(keyword.length + 1, end)
  const parameters =
    end === argument.length - 1 ? NO_PARAMETERS : parseParameters(verb, argument.slice(end + 1), offered)
  if (typeof parameters === 'string') return parameters
  if (path === '' ? verb === 'MAIL' : isMailbox(path) || (verb === 'RCPT' && path.toLowerCase() === 'postmaster')) {
    const ascii = !/[^\0-\x7f]/.test(path)
    return ascii || parameters['SMTPUTF8'] === true || verb === 'RCPT'
      ? { path, parameters }
      : '553 5.6.7 not without SMTPUTF8'
  }
  return `${verb === 'MAIL' ? '553 5.1.7' : '553 5.1.3'} that is no mailbox`
}

/** The index of the ">" that ends the path; one inside a quoted local-part does not. */
function endOfPath(argument: string, start: number): number {
  if (argument[start] !== '<') return -1
  let quoted = false
  for (let at = start + 1; at < argument.length; at++) {
    const letter = argument[at]
    if (letter === '"') quoted = !quoted
    else if (letter === '\\' && quoted) at++
    else if (letter === '>' && !quoted) return at
  }
  return -1
}

function isMailbox(path: string): boolean {
  const at = path.lastIndexOf('@')
  const [local, domain] = [path.slice(0, at), path.slice(at + 1)]
  return (
    at > 0 &&
    local.length <= 64 &&
    domain.length <= 255 &&
    LOCAL_PART.test(local) &&
    DOMAIN.test(domain) &&
    !domain.includes('..')
  )
}

function parseParameters(verb: 'MAIL' | 'RCPT', text: string, offered: ReadonlySet<string>): Parameters | string {
  const found: Record<string, string | true> = {}
  const [nothing, ...words] = text.split(' ')
  if (nothing !== '') return '501 5.5.4 a space follows the path'
  for (const word of words) {
    const [, name = '', value] = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~]+))?$/.exec(word) ?? []
    const key = name.toUpperCase()
    if (key === '') return '501 5.5.4 that is no parameter'
    const rule = RULES[verb][key]
    const extension = key === 'BODY' && value?.toUpperCase() === 'BINARYMIME' ? 'BINARYMIME' : rule?.extension
    if (rule === undefined || !offered.has(extension!)) return `555 5.5.4 ${key} was not offered`
    if (found[key] !== undefined) return `501 5.5.4 ${key} twice`
    if (rule.value === undefined ? value !== undefined : !rule.value.test(value ?? ''))
      return `501 5.5.4 ${key} has no such value`
    found[key] = value ?? true
  }
  return found
}

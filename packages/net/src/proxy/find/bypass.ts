import { BlockList, isIP } from 'node:net'
import type { Target } from '../../diagnosis.js'

/** Whether an entry means a target. */
type Rule = (target: Target) => boolean

/** Entries out of one text: separated by `;`, `,` or blanks, as in ProxyExceptionsList, ProxyOverride and NO_PROXY. */
export function bypassEntries(text: string): string[] {
  return text.split(/[\s;,]+/).filter((entry) => entry !== '')
}

/**
 * Entries of NO_PROXY, where a name stands for what is below it, too, and a leading dot for nothing else (curl, Python and Go agree on the
 * first, and most on the second). What cannot be read is left out, as everyone does there.
 */
export function noProxyEntries(text: string): string[] {
  return bypassEntries(text)
    .flatMap((entry) => (isName(entry) ? [entry, `*.${entry}`] : [entry]))
    .filter((entry) => bypassRule(entry) !== undefined)
}

/** Whether the target is reached directly. Names are compared as text, without case, and not resolved. Entries that cannot be read mean nothing. */
export function isBypassed(entries: readonly string[], target: Target): boolean {
  const plain = { host: target.host.toLowerCase().replace(/\.$/, ''), port: target.port }
  return entries.some((entry) => bypassRule(entry)?.(plain) ?? false)
}

/**
 * One entry: a name, `*.suffix` or `.suffix` (what is below it), a name with other `*`, an address, CIDR (`10.0.0.0/8`, `fd00::/8`; macOS
 * leaves out octets: `169.254/16`), `<local>` (names without a dot) or `*`; each with `:port`. Undefined when it is none of these.
 */
export function bypassRule(entry: string): Rule | undefined {
  const { host, port } = withoutPort(
    entry
      .trim()
      .toLowerCase()
      .replace(/^[a-z]+:\/\//, '')
      .replace(/\/$/, ''),
  )
  const rule = hostRule(host)
  if (rule === undefined || port === undefined) return rule
  return (target) => target.port === port && rule(target)
}

function hostRule(host: string): Rule | undefined {
  if (host === '*') return () => true
  if (host === '<local>') return (target) => isIP(target.host) === 0 && !target.host.includes('.')
  if (isIP(host) !== 0) return inSubnet(host, isIP(host) === 4 ? 32 : 128)
  const subnet = /^([\d.]+|[\da-f:.]+)\/(\d{1,3})$/.exec(host)
  if (subnet) return inSubnet(padded(subnet[1] ?? ''), Number(subnet[2]))
  if (!/^[\w.*-]+$/.test(host)) return undefined
  const parts = (host.startsWith('.') ? `*${host}` : host.replace(/\.$/, '')).split('*')
  return (target) => matches(target.host, parts)
}

/** 169.254 as 169.254.0.0. */
function padded(address: string): string {
  if (!/^\d+(\.\d+){0,2}$/.test(address)) return address
  return [...address.split('.'), '0', '0', '0'].slice(0, 4).join('.')
}

function inSubnet(address: string, prefix: number): Rule | undefined {
  const family = isIP(address)
  if (family === 0 || prefix > (family === 4 ? 32 : 128)) return undefined
  const subnet = new BlockList()
  subnet.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6')
  return ({ host }) => isIP(host) !== 0 && subnet.check(host, isIP(host) === 4 ? 'ipv4' : 'ipv6')
}

/** `a*b*c` against a name, each part as far left as it can be: no going back, so the time is that of one walk. */
function matches(name: string, parts: readonly string[]): boolean {
  const [first = '', ...rest] = parts
  const last = rest.pop()
  if (last === undefined) return name === first
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false
  let at = first.length
  for (const part of rest) {
    const found = name.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return at <= name.length - last.length
}

/** `host:25`, `[::1]:25`, `[::1]`, and an IPv6 address as it is. */
function withoutPort(entry: string): { readonly host: string; readonly port?: number } {
  const bracketed = /^\[([^\]]*)\](?::(\d{1,5}))?$/.exec(entry)
  if (bracketed) return { host: bracketed[1] ?? '', ...(bracketed[2] ? { port: Number(bracketed[2]) } : {}) }
  const [, host, port] = /^([^:]+):(\d{1,5})$/.exec(entry) ?? []
  return host !== undefined && port !== undefined ? { host, port: Number(port) } : { host: entry }
}

function isName(entry: string): boolean {
  const { host } = withoutPort(entry)
  return isIP(host) === 0 && /^\w[\w.-]*$/.test(host)
}

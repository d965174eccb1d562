import { concluded } from '../conclude.js'
import type { Import, ImportFormat, ImportSource, ReportLine } from '../import.js'
import { bounded, malformed, missing, ProfileDraft } from '../report.js'
import { takeLogin } from './login.js'
import { readMainCf } from './main-cf.js'
import { nextHop, portNamed, type NextHop } from './next-hop.js'
import { ParameterReader, words, type Written } from './parameter-reader.js'
import { takeProtection } from './protection.js'
import { takeLimits } from './transport-limits.js'

/** What only Postfix has, and what makes a file one of it. */
const OWN =
  /^(?:relayhost|mydestination|mynetworks|myorigin|inet_interfaces|smtpd?_(?:tls|sasl)_[a-zA-Z_]+|smtpd_[a-z_]+_restrictions)[ \t]*=/m

/**
 * Postfix: how mail goes out by its `main.cf`. With a `relayhost` it goes to that, else to the servers of each domain. The file of passwords is
 * read when it is given along.
 */
export const postfix: ImportFormat = {
  name: 'postfix',
  says: 'Postfix: the way out of main.cf',
  recognises: ({ text }: ImportSource) => OWN.test(text),
  import: importPostfix,
}

/** What a profile has no setting for, with what to do. */
const LOST: Readonly<Record<string, string>> = {
  smtp_generic_maps: 'addresses are not rewritten: set sender.from and sender.returnPath',
  canonical_maps: 'addresses are not rewritten: set sender.from and sender.returnPath',
  sender_canonical_maps: 'addresses are not rewritten: set sender.from and sender.returnPath',
  recipient_canonical_maps: 'addresses are not rewritten',
  sender_dependent_relayhost_maps: 'a way of its own for a sender is a profile of its own',
  sender_dependent_default_transport_maps: 'a way of its own for a sender is a profile of its own',
  transport_maps: 'a way of its own for a domain is a profile of its own',
  smtp_fallback_relay: 'there is one relay; a name with several addresses has the same effect',
  fallback_relay: 'there is one relay; a name with several addresses has the same effect',
  smtp_header_checks: 'header fields are not rewritten: set headers.fields',
  smtp_body_checks: 'messages are not searched',
  smtp_mime_header_checks: 'header fields are not rewritten: set headers.fields',
  smtp_nested_header_checks: 'header fields are not rewritten',
  smtp_reply_filter: 'replies are taken as they are',
  smtp_host_lookup: 'names are resolved as the system does',
  header_checks: 'header fields are not rewritten: set headers.fields',
  always_bcc: 'nobody is added to a message',
  sender_bcc_maps: 'nobody is added to a message',
  recipient_bcc_maps: 'nobody is added to a message',
}

/** How parameters are named; what looks otherwise may be a piece of a password. */
const NAME = /^[a-z][a-z0-9]*(?:_[a-zA-Z0-9]+)*$/

function importPostfix({ text, files = {} }: ImportSource): Import {
  const { parameters, overruled, stray } = readMainCf(bounded(text, 'main.cf'))
  if (parameters.size === 0)
    throw malformed('main.cf', 'has no parameter', 'A parameter is written as: relayhost = [smtp.example.com]:587')
  const report: ReportLine[] = []
  const draft = new ProfileDraft(report)
  const reader = new ParameterReader(draft, parameters)
  for (const { entry, ...place } of overruled)
    draft.say({ entry: NAME.test(entry) ? entry : 'a line', ...place }, 'ignored', 'a later line says otherwise')
  for (const line of stray) draft.say({ entry: 'a line', line }, 'unknown', 'it is no parameter')
  const relay = takeRelay(reader)
  takeProtection(reader, relay === undefined)
  takeLogin(reader, relay ? [relay.hop.host, relay.written] : [], files)
  takeIdentity(reader)
  takeLimits(reader)
  for (const [name, note] of Object.entries(LOST)) reader.tell(name, 'lost', note)
  for (const name of reader.rest()) sayRest(reader, name)
  return {
    profiles: [{ name: 'postfix', profile: concluded(draft, { format: 'main.cf', host: 'relayhost' }) }],
    report,
  }
}

/** The relay; undefined when mail goes to the servers of each domain. */
function takeRelay(reader: ParameterReader): { hop: NextHop; written: string } | undefined {
  const { draft } = reader
  const relay = reader.read('relayhost')
  const usual = reader.read('default_transport')
  const [transport = 'smtp', ...rest] = (usual?.value ?? '').split(':')
  const byTransport = rest.join(':')
  if (usual && !['', 'smtp', 'relay'].includes(transport)) {
    draft.say(usual.place, 'lost', 'mail would not go out by SMTP, but by a service of master.cf')
    throw missing(['relayhost'], 'main.cf, whose default_transport is no SMTP')
  }
  const named = byTransport === '' ? relay : usual
  if (usual) draft.say(usual.place, 'taken', byTransport === '' ? 'mail goes out by SMTP' : 'it names the relay')
  if (relay && named === usual && usual) draft.say(relay.place, 'ignored', 'default_transport says it')
  const list = named ? words(named === usual ? byTransport : named.value) : []
  const [first, ...others] = list
  const port = takePort(reader)
  if (first === undefined) {
    draft.take(
      relay?.place ?? reader.place('relayhost'),
      [['transport', 'direct']],
      relay ? 'taken' : 'defaulted',
      'mail goes to the servers of each domain',
    )
    return undefined
  }
  const hop = nextHop(first)
  if (!hop) throw malformed('relayhost', 'names no server', 'Write relayhost = [smtp.example.com]:587.')
  const place = named!.place
  if (others.length > 0) draft.say(place, 'lost', 'there is one relay: the others are not tried')
  sayHop(reader, { value: first, place }, hop, port)
  return { hop, written: first }
}

function sayHop(
  { draft }: ParameterReader,
  { place }: Written,
  { host, port, isDomain }: NextHop,
  usual: number,
): void {
  const address = /^[\d.]+$/.test(host) || host.includes(':')
  draft.take(
    place,
    [['relay.host', host], ...(port === undefined ? [] : [['relay.port', port] as const])],
    isDomain && !address ? 'changed' : 'taken',
    isDomain && !address
      ? 'Postfix asks for the mail servers of this name, which is not done here: name the server'
      : undefined,
  )
  if (port === undefined)
    draft.take({ ...place, entry: 'port of the relay' }, [['relay.port', usual]], 'defaulted', `Postfix uses ${usual}`)
}

function takePort(reader: ParameterReader): number {
  const written = reader.read('smtp_tcp_port')
  const port = written && portNamed(written.value.toLowerCase())
  if (written)
    reader.draft.say(
      written.place,
      port === undefined ? 'lost' : 'taken',
      port === undefined ? 'this port is not known' : 'it is the port of servers that are named without one',
    )
  return port ?? 25
}

function takeIdentity(reader: ParameterReader): void {
  const { draft } = reader
  const helo = reader.take('smtp_helo_name', (name) => [['identity.localName', name]])
  if (helo) reader.tell('myhostname', 'ignored', 'smtp_helo_name says what is said in EHLO')
  else reader.take('myhostname', (name) => [['identity.localName', name]])
  reader.take('smtp_bind_address', (address) => [['identity.localAddress', address]])
  if (draft.has('identity.localAddress'))
    reader.tell('smtp_bind_address6', 'lost', 'there is one address to connect from')
  else reader.take('smtp_bind_address6', (address) => [['identity.localAddress', address]])
  reader.tell('smtp_bind_address_enforce', 'ignored', 'the address is used or there is no connection')
  const protocols = reader.read('inet_protocols')
  if (!protocols) return
  const list = words(protocols.value.toLowerCase())
  const [four, six] = ['ipv4', 'ipv6'].map((name) => list.includes('all') || list.includes(name))
  if (four || six) draft.take(protocols.place, [['identity.family', four && six ? 0 : four ? 4 : 6]])
  else draft.say(protocols.place, 'lost', 'it must be all, ipv4 or ipv6')
}

function sayRest(reader: ParameterReader, name: string): void {
  const value = reader.peek(name) ?? ''
  if (!NAME.test(name)) {
    const { line } = reader.place(name)
    reader.draft.say(
      { entry: 'a line', ...(line === undefined ? {} : { line }) },
      'unknown',
      'it is no parameter of Postfix',
    )
  } else if (!/^(?:smtp|lmtp|relay)_/.test(name)) reader.tell(name, 'ignored', 'it is not about the way out')
  else {
    const off = value === '' || value.toLowerCase() === 'no'
    reader.tell(name, off ? 'ignored' : 'lost', 'a profile has no setting for it')
  }
}

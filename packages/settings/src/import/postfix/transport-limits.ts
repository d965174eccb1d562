import { durationMs, isYes, wholeNumber, words, type ParameterReader } from './parameter-reader.js'

/** Times of single replies: there is one for all of them here. */
const REPLY_TIMES: readonly string[] = [
  ...['smtp_helo_timeout', 'smtp_mail_timeout', 'smtp_rcpt_timeout', 'smtp_data_init_timeout', 'smtp_rset_timeout'],
  ...['smtp_starttls_timeout', 'smtp_xforward_timeout'],
]

/** Times, limits, and what is said on the wire. */
export function takeLimits(reader: ParameterReader): void {
  takeTimes(reader)
  takeConnections(reader)
  takeWords(reader)
}

function takeTimes(reader: ParameterReader): void {
  const { draft } = reader
  reader.take('smtp_connect_timeout', (time) => [['timeouts.connectMs', durationMs(time)]])
  reader.take('smtp_data_xfer_timeout', (time) => [['timeouts.writeMs', durationMs(time)]])
  reader.take('smtp_data_done_timeout', (time) => [['timeouts.finalMs', durationMs(time)]])
  if (isYes(reader.peek('smtp_skip_quit_response'))) {
    reader.take('smtp_skip_quit_response', () => [['timeouts.quitMs', 0]])
    reader.tell('smtp_quit_timeout', 'ignored', 'the reply to QUIT is not waited for')
  } else {
    reader.take('smtp_quit_timeout', (time) => [['timeouts.quitMs', durationMs(time)]])
    reader.tell('smtp_skip_quit_response', 'taken', 'the reply to QUIT is waited for')
  }
  const written = REPLY_TIMES.flatMap((name) => reader.read(name) ?? [])
  const longest = Math.max(0, ...written.map(({ value }) => durationMs(value)).filter((ms) => typeof ms === 'number'))
  for (const { value, place } of written) {
    const ms = durationMs(value)
    if (ms === longest || typeof ms !== 'number')
      draft.take(place, [['timeouts.idleMs', ms]], 'changed', 'it is the time for every reply')
    else draft.say(place, 'changed', 'every reply has the longest of these times: timeouts.idleMs')
  }
}

function takeConnections(reader: ParameterReader): void {
  const { draft } = reader
  const own = reader.read('smtp_destination_concurrency_limit')
  const all = reader.read('default_destination_concurrency_limit')
  const limit = own ?? all
  if (own && all) draft.say(all.place, 'ignored', 'smtp_destination_concurrency_limit says it')
  if (limit?.value === '0')
    draft.take(
      limit.place,
      [['pool.maxConnections', 100]],
      'changed',
      '0 stands for no limit of its own; the processes of Postfix are 100',
    )
  else if (limit) draft.take(limit.place, [['pool.maxConnections', wholeNumber(limit.value)]])
  for (const name of [
    'smtp_destination_rate_delay',
    'default_destination_rate_delay',
    'smtp_transport_rate_delay',
    'default_transport_rate_delay',
  ]) {
    const delay = reader.read(name)
    if (!delay) continue
    const ms = durationMs(delay.value)
    if (ms === 0) draft.say(delay.place, 'ignored', 'there is no pause')
    else if (draft.has('limits.rate.perMs')) draft.say(delay.place, 'ignored', 'another pause is written')
    else
      draft.take(delay.place, [
        ['limits.rate.perMs', ms],
        ['limits.rate.messages', 1],
      ])
  }
  const reuse = reader.read('smtp_connection_reuse_count_limit')
  if (reuse?.value === '0')
    draft.say(reuse.place, 'changed', '0 stands for no limit: pool.maxMessagesPerConnection is 1000')
  else if (reuse) draft.take(reuse.place, [['pool.maxMessagesPerConnection', wholeNumber(reuse.value)]])
  reader.take('smtp_connection_reuse_time_limit', (time) => [['pool.maxAgeMs', durationMs(time)]])
  reader.take('smtp_connection_cache_time_limit', (time) => [['pool.maxIdleMs', durationMs(time)]])
  const size = reader.read('message_size_limit')
  if (size?.value === '0') draft.say(size.place, 'ignored', 'there is no limit')
  else if (size) draft.take(size.place, [['limits.messageOctets', wholeNumber(size.value)]])
  for (const name of ['smtp_destination_recipient_limit', 'default_destination_recipient_limit'])
    reader.tell(name, 'lost', 'a message is not split: a relay that takes fewer recipients says so (RFC 9422)')
}

function takeWords(reader: ParameterReader): void {
  const { draft } = reader
  const never = reader.read('smtp_never_send_ehlo')
  if (never) {
    if (isYes(never.value)) draft.take(never.place, [['relay.extensions', false]])
    else draft.say(never.place, 'ignored', 'EHLO is said')
  }
  reader.tell('smtp_always_send_ehlo', 'ignored', 'EHLO is said')
  const discarded = reader.read('smtp_discard_ehlo_keywords')
  if (discarded) {
    const list = words(discarded.value.toLowerCase()).filter((word) => word !== 'silent-discard')
    const known = list.filter((word) => word === 'pipelining' || word === 'chunking')
    if (known.length > 0)
      draft.take(
        discarded.place,
        known.map((word) => [`relay.${word}`, 'off'] as const),
      )
    if (list.length > known.length) draft.say(discarded.place, 'lost', 'only pipelining and chunking can be left out')
    if (list.length === 0) draft.say(discarded.place, 'ignored', 'it is empty')
  }
  for (const name of reader.rest().filter((each) => each.startsWith('smtp_pix_')))
    reader.tell(
      name,
      'ignored',
      'firewalls of that kind are not worked around: relay.pipelining off and relay.extensions false are what helps',
    )
}

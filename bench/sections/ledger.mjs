/** Asks a sink what it took and throws when that is not every message, whole and once, without a command it did not understand. */
export async function expectTaken(sink, { messages, octets, authenticated }, who) {
  const took = await sink.ledger(messages)
  const wrong = []
  if (took.messages !== messages) wrong.push(`${took.messages} messages instead of ${messages}`)
  if (octets !== undefined && took.octets !== undefined && took.octets !== octets)
    wrong.push(`${took.octets} octets instead of ${octets}`)
  if (authenticated !== undefined && took.authenticated !== authenticated)
    wrong.push(`${took.authenticated} authentications instead of ${authenticated}`)
  if (took.faults > 0) wrong.push(`${took.faults} faults of the protocol`)
  if (wrong.length > 0) throw new Error(`${sink.name}, ${who}: took ${wrong.join(', ')}`)
  return took
}

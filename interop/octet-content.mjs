// Octets as content, and back.

/** Content that gives these octets. */
export const contentOf = (octets) => ({ octets, open: () => once(octets) })

/** All of a stream. */
export async function collect(chunks) {
  const all = []
  for await (const chunk of chunks) all.push(Buffer.from(chunk))
  return Buffer.concat(all)
}

async function* once(octets) {
  yield octets
}

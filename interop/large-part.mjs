// A body part that is too large for memory, and how much memory it takes all the same.

/** An attachment of this size that is in memory nowhere. */
export function largePart(size) {
  const read = async function* () {
    const block = Buffer.alloc(1_000_000)
    for (let at = 0; at < size; at += block.length) {
      block.fill(`${at} `)
      yield block.subarray(0, size - at)
    }
  }
  return {
    fields: 'Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n',
    pieces: [{ base64: { sizeOctets: size, read } }],
    endsLine: true,
  }
}

/** Starts to watch the memory of the process; what it gives tells by how much it grew at most. */
export function memoryUse() {
  const before = process.memoryUsage().rss
  let most = before
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 50)
  return () => {
    clearInterval(watch)
    return most - before
  }
}

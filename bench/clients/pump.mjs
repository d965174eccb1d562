/** Sends `count` messages with at most `outstanding` of them handed over and not yet answered. The same for every library. */
export async function pumpSends(count, outstanding, send) {
  let left = count
  const lane = async () => {
    while (left > 0) {
      left--
      await send()
    }
  }
  await Promise.all(Array.from({ length: Math.min(outstanding, count) }, lane))
}

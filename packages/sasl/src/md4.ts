/** MD4 (RFC 1320), which OpenSSL 3 has put away; NTLM is made of it. Nothing else may use it. */
export function md4(message: Uint8Array): Buffer {
  const state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]
  const padded = Buffer.alloc((Math.floor((message.length + 8) / 64) + 1) * 64)
  padded.set(message)
  padded[message.length] = 0x80
  padded.writeUInt32LE((message.length * 8) >>> 0, padded.length - 8)
  padded.writeUInt32LE(Math.floor(message.length / 0x2000_0000), padded.length - 4)
  for (let at = 0; at < padded.length; at += 64) addBlock(state, padded.subarray(at, at + 64))
  const digest = Buffer.alloc(16)
  state.forEach((word, index) => digest.writeUInt32LE(word >>> 0, index * 4))
  return digest
}

/** RFC 1320 3.4: for each round its function, its constant, the order of the words, and the rotations. */
const ROUNDS: readonly {
  readonly mix: (x: number, y: number, z: number) => number
  readonly add: number
  readonly order: readonly number[]
  readonly rotations: readonly number[]
}[] = [
  {
    mix: (x, y, z) => (x & y) | (~x & z),
    add: 0,
    order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    rotations: [3, 7, 11, 19],
  },
  {
    mix: (x, y, z) => (x & y) | (x & z) | (y & z),
    add: 0x5a827999,
    order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    rotations: [3, 5, 9, 13],
  },
  {
    mix: (x, y, z) => x ^ y ^ z,
    add: 0x6ed9eba1,
    order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    rotations: [3, 9, 11, 15],
  },
]

function addBlock(state: number[], block: Buffer): void {
  let [a, b, c, d] = state as [number, number, number, number]
  for (const { mix, add, order, rotations } of ROUNDS) {
    order.forEach((word, step) => {
      const sum = (a + mix(b, c, d) + block.readUInt32LE(word * 4) + add) | 0
      const rotation = rotations[step % 4]!
      const rotated = (sum << rotation) | (sum >>> (32 - rotation))
      ;[a, b, c, d] = [d, rotated, b, c]
    })
  }
  state[0] = (state[0]! + a) | 0
  state[1] = (state[1]! + b) | 0
  state[2] = (state[2]! + c) | 0
  state[3] = (state[3]! + d) | 0
}

import { connect, type Socket } from 'node:net'
import { keep, plainServer } from './server.js'

/** A port in front of another one that changes the last octet of what passes once it is told to. */
export async function damagingProxy(
  port: number,
): Promise<{ readonly port: number; readonly damage: (direction: 'in' | 'out') => void }> {
  const broken = { in: false, out: false }
  const passOn = (from: Socket, to: Socket, direction: 'in' | 'out') => {
    from.on('data', (octets: Buffer) => {
      if (broken[direction]) octets.writeUInt8(octets.readUInt8(octets.length - 1) ^ 0xff, octets.length - 1)
      to.write(octets)
    })
    from.on('close', () => to.destroy())
  }
  const own = await plainServer((near) => {
    const far = keep(connect(port, '127.0.0.1'))
    passOn(near, far, 'out')
    passOn(far, near, 'in')
  })
  return { port: own, damage: (direction) => (broken[direction] = true) }
}

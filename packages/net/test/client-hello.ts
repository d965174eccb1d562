import { readClientHello, type ClientHello } from '@posthorn/testkit'
import { keep, plainServer } from './server.js'

/** A port that takes the first message of a client and hangs up. */
export async function helloServer(): Promise<{ readonly port: number; readonly hello: Promise<ClientHello> }> {
  let heard: (hello: ClientHello) => void = () => {}
  const hello = new Promise<ClientHello>((done) => (heard = done))
  const port = await plainServer((socket) => {
    let octets = Buffer.alloc(0)
    keep(socket).on('data', (piece: Buffer) => {
      octets = Buffer.concat([octets, piece])
      const read = readClientHello(octets)
      if (!read) return
      heard(read)
      socket.destroy()
    })
  })
  return { port, hello }
}

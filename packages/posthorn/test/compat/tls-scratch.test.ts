import { certificates } from '@posthorn/testkit'
import { test } from 'vitest'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { component, failure, heardBy, sink, trailOf } from './component.js'
import { Front } from '../tls-front.js'

const { ca, good } = await certificates()

test('resume with handler', async () => {
  for (const v of ['TLSv1.2', 'TLSv1.3'] as const) {
    const server = await sink({})
    const seen: boolean[] = []
    await using front = await Front.tls({ ...good, minVersion: v, maxVersion: v }, server, (c) =>
      seen.push(c.isSessionReused()),
    )
    const smtp = component(front)
    smtp.sslStartMode = 1
    smtp.config('ReuseSSLSession=True')
    smtp.config('SSLServerCACerts=' + ca)
    const heard = heardBy(smtp)
    await smtp.send()
    await smtp.send()
    console.log(
      v,
      seen,
      trailOf(heard).filter((l) => l.startsWith('--')),
      heard.filter((h) => h.name === 'SSLServerAuthentication').length,
    )
  }
})
test('client hello', async () => {
  for (const extra of ['', 'x']) {
    const server = createServer((s) =>
      s.once('data', (d: Buffer) => {
        hello = d
        s.destroy()
      }),
    ).listen(0, '127.0.0.1')
    let hello = Buffer.alloc(0)
    await once(server, 'listening')
    const smtp = component({ port: (server.address() as { port: number }).port })
    smtp.sslStartMode = 1
    smtp.config('SSLEnabledProtocols=3072')
    smtp.config('TLS12SignatureAlgorithms=sha256-rsa,sha256-dsa,sha1-rsa,sha1-dsa')
    if (extra) smtp.config('SSLEnabledProtocols=4032')
    const heard = heardBy(smtp)
    console.log((await failure(smtp.send())).message)
    const at = hello.indexOf(Buffer.from('000d', 'hex'))
    console.log(hello.subarray(at, at + 24).toString('hex'), trailOf(heard))
    server.close()
  }
})

import { PassThrough, Readable } from 'node:stream'
import { expect, test } from 'vitest'
import type { SMTP } from '../../src/compat/ipworks/index.js'
import { component, failure, sink } from './component.js'

type BodyStream = Parameters<SMTP['setMessageStream']>[0]

async function* generated(): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(Buffer.from('Hello\r\n'))
}

const make: Record<string, () => BodyStream> = {
  'a Readable': () => Readable.from([Buffer.from('Hello\r\n')]),
  'a generator': generated,
  'a stream of the web': () => new Blob(['Hello\r\n']).stream(),
}

test.each(Object.keys(make))('%s that was sent is 302 the second time, before anything is sent', async (kind) => {
  const server = await sink()
  for (const closes of ['Yes', 'No']) {
    const smtp = component(server)
    smtp.config(`CloseStreamAfterTransfer=${closes}`)
    const stream = make[kind]!()
    smtp.setMessageStream(stream)
    await smtp.send()
    const sessions = server.sessions.length
    smtp.setMessageStream(stream)
    expect(await failure(smtp.send())).toMatchObject({ code: 302 })
    smtp.setMessageStream(stream)
    expect(await failure(smtp.queue('*'))).toMatchObject({ code: 302 })
    expect(server.sessions).toHaveLength(sessions)
  }
  expect(server.ledger).toHaveLength(2)
})

test('a Readable that was read before it was given, or closed, is no empty message', async () => {
  const server = await sink()
  const smtp = component(server)
  const read = Readable.from([Buffer.from('x')])
  for await (const _ of read) expect(_).toBeDefined()
  for (const stream of [read, new PassThrough().destroy()]) {
    smtp.setMessageStream(stream)
    expect(await failure(smtp.send())).toMatchObject({ code: 302 })
  }
  expect(server.sessions).toEqual([])
})

test('a Readable that is read by somebody else while the connection is made is 302, and no empty message', async () => {
  const server = await sink()
  const smtp = component(server)
  smtp.config('CloseStreamAfterTransfer=No')
  const stream = Readable.from([Buffer.from('x')])
  smtp.setMessageStream(stream)
  const read = new Promise((resolve) => stream.on('end', resolve))
  smtp.on('ConnectionStatus', async ({ connectionEvent }) => {
    if (connectionEvent !== 'Connected') return
    stream.resume()
    await read
  })
  smtp.on('StartTransfer', () => {})
  const error = await failure(smtp.send())
  expect(error).toMatchObject({ code: 302 })
  expect(server.ledger).toEqual([])
})

test('what is given as the body is ended also when nothing could be sent', async () => {
  const told: string[] = []
  const source = (async function* () {
    try {
      yield await Promise.resolve(Buffer.from('Hello'))
      yield Buffer.from('never')
    } finally {
      told.push('generator')
    }
  })()
  await source.next()
  const smtp = component()
  smtp.from = ''
  for (const stream of [source, new ReadableStream<Uint8Array>({ cancel: () => void told.push('web') })]) {
    smtp.setMessageStream(stream)
    expect(await failure(smtp.send())).toMatchObject({ code: 164 })
  }
  expect(await source.next()).toMatchObject({ done: true })
  expect(told.sort()).toEqual(['generator', 'web'])
})

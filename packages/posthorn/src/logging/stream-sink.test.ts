import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { StreamSink } from './stream-sink.js'

describe('StreamSink', () => {
  it('listens to a stream once, however many write to it, until the last of them is closed', async () => {
    const stream = new PassThrough()
    const sinks = Array.from({ length: 20 }, () => new StreamSink(stream))
    const [first, ...others] = sinks
    expect(stream.listenerCount('error')).toBe(1)
    await first!.close()
    await first!.close()
    expect(stream.listenerCount('error')).toBe(1)
    for (const each of others) await each.close()
    expect(stream.listenerCount('error')).toBe(0)
    await using again = new Closing(new StreamSink(stream))
    expect(stream.listenerCount('error')).toBe(1)
    again.sink.line('still written')
    first!.line('closed')
    expect(String(stream.read())).toBe('still written\n')
  })
})

class Closing {
  readonly sink: StreamSink

  constructor(sink: StreamSink) {
    this.sink = sink
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.sink.close()
  }
}

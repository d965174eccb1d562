import type { Resolve } from '@posthorn/net'
import { expect, test } from 'vitest'
import { localAddress } from './local-address.js'

const { signal } = new AbortController()

const failing = (code: string): Resolve => {
  return () => Promise.reject(Object.assign(new Error(`getaddrinfo ${code}`), { code }))
}

test('[part of ipworks.prop.LocalHost] an address is asked after nowhere', async () => {
  for (const address of ['127.0.0.2', '::1'])
    expect(await localAddress(address, 4, signal, failing('EFAULT'))).toBe(address)
})

test('[part of ipworks.prop.LocalHost] of the addresses of a name the first', async () => {
  const asked: unknown[] = []
  const resolve: Resolve = (host, { family }) => {
    asked.push([host, family])
    return Promise.resolve([
      { address: '192.0.2.1', family: 4 },
      { address: '192.0.2.2', family: 4 },
    ])
  }
  expect(await localAddress('inside.example', 4, signal, resolve)).toBe('192.0.2.1')
  expect(asked).toEqual([['inside.example', 4]])
})

test.each([
  ['ENOTFOUND', 11_001],
  ['EAI_AGAIN', 11_002],
  ['EAI_FAIL', 11_003],
  ['ENODATA', 11_004],
  ['EUNHEARD', 11_001],
])('[part of ipworks.prop.LocalHost] %s is %d', async (name, code) => {
  await expect(localAddress('inside.example', 4, signal, failing(name))).rejects.toMatchObject({
    code,
    message: expect.stringContaining('inside.example') as string,
    cause: { code: name },
  })
})

test('a name without an address is 11004', async () => {
  await expect(localAddress('inside.example', 6, signal, () => Promise.resolve([]))).rejects.toMatchObject({
    code: 11_004,
  })
})

test('who has enough does not wait for an answer that does not come, and the lookup is told', async () => {
  for (const soon of [true, false]) {
    const enough = new AbortController()
    const reason = new Error('enough')
    let given: AbortSignal | undefined
    const silent: Resolve = (_, { signal }) => {
      given = signal
      return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('stopped'))))
    }
    if (soon) enough.abort(reason)
    else setImmediate(() => enough.abort(reason))
    await expect(localAddress('inside.example', 4, enough.signal, silent)).rejects.toBe(reason)
    expect(given?.aborted).toBe(true)
  }
})

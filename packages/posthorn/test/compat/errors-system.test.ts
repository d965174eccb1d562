import { SYSTEM_ERRORS } from '@posthorn/net'
import { syncBuiltinESMExports } from 'node:module'
import dns from 'node:dns/promises'
import { Socket } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { ERRORS } from '../../src/compat/ipworks/index.js'
import { causesOf, errorOf, letterTo } from './letter.js'

afterEach(() => {
  vi.restoreAllMocks()
  syncBuiltinESMExports()
})

/** What Node says, with nothing of the engine in it. */
function injected(code: string): Error {
  return Object.assign(new Error(`connect ${code} 127.0.0.1:25`), { code, errno: -1, syscall: 'connect' })
}

/** Every connection ends so. */
function connectFails(error: Error): void {
  vi.spyOn(Socket.prototype, 'connect').mockImplementation(function (this: Socket) {
    process.nextTick(() => this.destroy(error))
    return this
  })
}

/** Every lookup ends so. */
function lookupFails(error: Error): void {
  vi.spyOn(dns, 'lookup').mockRejectedValue(error)
  syncBuiltinESMExports()
}

const ROWS = SYSTEM_ERRORS.map((row) => ({ ...row, id: `ipworks.error.${row.number}` }))
const RAISED = ROWS.flatMap((row) => row.names.map((name, at) => ({ ...row, name, title: at === 0 ? `[${row.id}]` : `[part of ${row.id}]` })))
const CONSTANTS = ROWS.filter(({ names }) => names.length === 0)

describe('an error of the system, put where Node would have it', () => {
  test.each(RAISED.filter(({ number }) => number < 11_000))('$title $name', async ({ number, name }) => {
    const error = injected(name)
    connectFails(error)
    const failure = await errorOf(() => letterTo(25).send())
    expect(failure.code).toBe(number)
    expect(failure.getCode()).toBe(number)
    expect(failure.message.startsWith(`[${number}] ${ERRORS[number]!.text}`)).toBe(true)
    expect(causesOf(failure)[0]).toBe(error)
  })

  test.each(RAISED.filter(({ number }) => number > 11_000))('$title $name of a lookup', async ({ number, name }) => {
    const error = injected(name)
    lookupFails(error)
    const failure = await errorOf(() => letterTo(25, 'relay.example.test').connect())
    expect(failure.code).toBe(number)
    expect(failure.message.startsWith(`[${number}] ${ERRORS[number]!.text}`)).toBe(true)
    expect(causesOf(failure)[0]).toBe(error)
  })
})

describe('a number that never comes', () => {
  test.each(CONSTANTS)('[$id] is there to be compared with', ({ number }) => {
    expect(ERRORS[number]).toMatchObject({ group: 'TCP/IP', raised: false })
  })
})

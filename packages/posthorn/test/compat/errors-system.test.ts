import { syncBuiltinESMExports } from 'node:module'
import dns from 'node:dns/promises'
import { Socket } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { ERRORS, type SMTP } from '../../src/compat/ipworks/index.js'
import { causesOf, errorOf, letterTo } from './letter.js'

afterEach(() => {
  vi.restoreAllMocks()
  syncBuiltinESMExports()
})

/** What Node says, with nothing of the engine in it. */
function systemError(code: string): Error {
  return Object.assign(new Error(`it failed: ${code}`), { code, errno: -1, syscall: 'connect' })
}

/** Every connection ends so. */
function connectFails(error: Error): SMTP {
  vi.spyOn(Socket.prototype, 'connect').mockImplementation(function (this: Socket) {
    process.nextTick(() => this.destroy(error))
    return this
  })
  return letterTo(25)
}

/** Every lookup ends so. */
function lookupFails(error: Error): SMTP {
  vi.spyOn(dns, 'lookup').mockRejectedValue(error)
  syncBuiltinESMExports()
  return letterTo(25, 'relay.example.test')
}

/** The number and the text of the error, and the error of Node at the end of its causes. */
async function expectNumber(number: number, name: string, failing: (error: Error) => SMTP): Promise<void> {
  const error = systemError(name)
  const failure = await errorOf(() => failing(error).send())
  expect([name, failure.code, failure.getCode()]).toEqual([name, number, number])
  expect(failure.message.startsWith(`[${number}] ${ERRORS[number]!.text}: `)).toBe(true)
  expect(causesOf(failure)[0]).toBe(error)
}

type Row = readonly [title: string, number: number, names: readonly string[]]

const OF_A_CONNECTION: readonly Row[] = [
  ['[ipworks.error.10004]', 10004, ['EINTR']],
  ['[ipworks.error.10009]', 10009, ['EBADF']],
  ['[ipworks.error.10013]', 10013, ['EACCES', 'EPERM']],
  ['[ipworks.error.10014]', 10014, ['EFAULT']],
  ['[ipworks.error.10022]', 10022, ['EINVAL']],
  ['[ipworks.error.10024]', 10024, ['EMFILE', 'ENFILE']],
  ['[ipworks.error.10035]', 10035, ['EAGAIN', 'EWOULDBLOCK']],
  ['[ipworks.error.10036]', 10036, ['EINPROGRESS']],
  ['[ipworks.error.10037]', 10037, ['EALREADY']],
  ['[ipworks.error.10038]', 10038, ['ENOTSOCK']],
  ['[ipworks.error.10039]', 10039, ['EDESTADDRREQ']],
  ['[ipworks.error.10040]', 10040, ['EMSGSIZE']],
  ['[ipworks.error.10041]', 10041, ['EPROTOTYPE']],
  ['[ipworks.error.10042]', 10042, ['ENOPROTOOPT']],
  ['[ipworks.error.10043]', 10043, ['EPROTONOSUPPORT']],
  ['[ipworks.error.10044]', 10044, ['ESOCKTNOSUPPORT']],
  ['[ipworks.error.10045]', 10045, ['EOPNOTSUPP', 'ENOTSUP']],
  ['[ipworks.error.10046]', 10046, ['EPFNOSUPPORT']],
  ['[ipworks.error.10047]', 10047, ['EAFNOSUPPORT']],
  ['[ipworks.error.10048]', 10048, ['EADDRINUSE']],
  ['[ipworks.error.10049]', 10049, ['EADDRNOTAVAIL']],
  ['[ipworks.error.10050]', 10050, ['ENETDOWN']],
  ['[ipworks.error.10051]', 10051, ['ENETUNREACH']],
  ['[ipworks.error.10052]', 10052, ['ENETRESET']],
  ['[ipworks.error.10053]', 10053, ['ECONNABORTED']],
  ['[ipworks.error.10054]', 10054, ['ECONNRESET']],
  ['[ipworks.error.10055]', 10055, ['ENOBUFS', 'ENOMEM']],
  ['[ipworks.error.10056]', 10056, ['EISCONN']],
  ['[ipworks.error.10057]', 10057, ['ENOTCONN']],
  ['[ipworks.error.10058]', 10058, ['EPIPE', 'ESHUTDOWN']],
  ['[ipworks.error.10059]', 10059, ['ETOOMANYREFS']],
  ['[ipworks.error.10060]', 10060, ['ETIMEDOUT']],
  ['[ipworks.error.10061]', 10061, ['ECONNREFUSED']],
  ['[ipworks.error.10062]', 10062, ['ELOOP']],
  ['[ipworks.error.10063]', 10063, ['ENAMETOOLONG']],
  ['[ipworks.error.10064]', 10064, ['EHOSTDOWN']],
  ['[ipworks.error.10065]', 10065, ['EHOSTUNREACH']],
  ['[ipworks.error.10066]', 10066, ['ENOTEMPTY']],
  ['[ipworks.error.10069]', 10069, ['EDQUOT']],
  ['[ipworks.error.10070]', 10070, ['ESTALE']],
]

const OF_A_LOOKUP: readonly Row[] = [
  ['[ipworks.error.11001]', 11001, ['ENOTFOUND', 'EAI_NONAME']],
  ['[ipworks.error.11002]', 11002, ['EAI_AGAIN', 'ESERVFAIL', 'ETIMEOUT']],
  ['[ipworks.error.11003]', 11003, ['EAI_FAIL', 'EFORMERR', 'EREFUSED', 'ENOTIMP']],
  ['[ipworks.error.11004]', 11004, ['ENODATA', 'EAI_NODATA', 'EAI_ADDRFAMILY']],
]

const NEVER: readonly (readonly [title: string, number: number])[] = [
  ['[ipworks.error.10067]', 10067],
  ['[ipworks.error.10068]', 10068],
  ['[ipworks.error.10071]', 10071],
  ['[ipworks.error.10091]', 10091],
  ['[ipworks.error.10092]', 10092],
  ['[ipworks.error.10093]', 10093],
]

describe('an error of the system, put where Node would have it', () => {
  test.each(OF_A_CONNECTION)('%s %i', async (_, number, names) => {
    for (const name of names) await expectNumber(number, name, connectFails)
  })

  test.each(OF_A_LOOKUP)('%s %i', async (_, number, names) => {
    for (const name of names) await expectNumber(number, name, lookupFails)
  })
})

describe('a number that never comes is there to be compared with', () => {
  test.each(NEVER)('%s %i', (_, number) => {
    expect(ERRORS[number]).toMatchObject({ group: 'TCP/IP', raised: false })
  })
})

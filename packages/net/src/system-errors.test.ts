import { ConnectError } from '@posthorn/ground'
import { describe, expect, it } from 'vitest'
import { SYSTEM_ERRORS, systemErrorOf } from './system-errors.js'

/** What Node says, as the cause of what we throw. */
function failed(name: string): ConnectError {
  const cause = Object.assign(new Error(`connect ${name}`), { code: name })
  return new ConnectError('connect.failed', 'no connection', { phase: 'connect', outcome: 'transient', cause })
}

/** Title, number, and what Node calls it. */
const ROWS: readonly (readonly [title: string, number: number, names: readonly string[]])[] = [
  ['[part of ipworks.error.10004]', 10004, ['EINTR']],
  ['[part of ipworks.error.10009]', 10009, ['EBADF']],
  ['[part of ipworks.error.10013]', 10013, ['EACCES', 'EPERM']],
  ['[part of ipworks.error.10014]', 10014, ['EFAULT']],
  ['[part of ipworks.error.10022]', 10022, ['EINVAL']],
  ['[part of ipworks.error.10024]', 10024, ['EMFILE', 'ENFILE']],
  ['[part of ipworks.error.10035]', 10035, ['EAGAIN', 'EWOULDBLOCK']],
  ['[part of ipworks.error.10036]', 10036, ['EINPROGRESS']],
  ['[part of ipworks.error.10037]', 10037, ['EALREADY']],
  ['[part of ipworks.error.10038]', 10038, ['ENOTSOCK']],
  ['[part of ipworks.error.10039]', 10039, ['EDESTADDRREQ']],
  ['[part of ipworks.error.10040]', 10040, ['EMSGSIZE']],
  ['[part of ipworks.error.10041]', 10041, ['EPROTOTYPE']],
  ['[part of ipworks.error.10042]', 10042, ['ENOPROTOOPT']],
  ['[part of ipworks.error.10043]', 10043, ['EPROTONOSUPPORT']],
  ['[part of ipworks.error.10044]', 10044, ['ESOCKTNOSUPPORT']],
  ['[part of ipworks.error.10045]', 10045, ['EOPNOTSUPP', 'ENOTSUP']],
  ['[part of ipworks.error.10046]', 10046, ['EPFNOSUPPORT']],
  ['[part of ipworks.error.10047]', 10047, ['EAFNOSUPPORT']],
  ['[part of ipworks.error.10048]', 10048, ['EADDRINUSE']],
  ['[part of ipworks.error.10049]', 10049, ['EADDRNOTAVAIL']],
  ['[part of ipworks.error.10050]', 10050, ['ENETDOWN']],
  ['[part of ipworks.error.10051]', 10051, ['ENETUNREACH']],
  ['[part of ipworks.error.10052]', 10052, ['ENETRESET']],
  ['[part of ipworks.error.10053]', 10053, ['ECONNABORTED']],
  ['[part of ipworks.error.10054]', 10054, ['ECONNRESET']],
  ['[part of ipworks.error.10055]', 10055, ['ENOBUFS', 'ENOMEM']],
  ['[part of ipworks.error.10056]', 10056, ['EISCONN']],
  ['[part of ipworks.error.10057]', 10057, ['ENOTCONN']],
  ['[part of ipworks.error.10058]', 10058, ['EPIPE', 'ESHUTDOWN']],
  ['[part of ipworks.error.10059]', 10059, ['ETOOMANYREFS']],
  ['[part of ipworks.error.10060]', 10060, ['ETIMEDOUT']],
  ['[part of ipworks.error.10061]', 10061, ['ECONNREFUSED']],
  ['[part of ipworks.error.10062]', 10062, ['ELOOP']],
  ['[part of ipworks.error.10063]', 10063, ['ENAMETOOLONG']],
  ['[part of ipworks.error.10064]', 10064, ['EHOSTDOWN']],
  ['[part of ipworks.error.10065]', 10065, ['EHOSTUNREACH']],
  ['[part of ipworks.error.10066]', 10066, ['ENOTEMPTY']],
  ['[part of ipworks.error.10067]', 10067, []],
  ['[part of ipworks.error.10068]', 10068, []],
  ['[part of ipworks.error.10069]', 10069, ['EDQUOT']],
  ['[part of ipworks.error.10070]', 10070, ['ESTALE']],
  ['[part of ipworks.error.10071]', 10071, []],
  ['[part of ipworks.error.10091]', 10091, []],
  ['[part of ipworks.error.10092]', 10092, []],
  ['[part of ipworks.error.10093]', 10093, []],
  ['[part of ipworks.error.11001]', 11001, ['ENOTFOUND', 'EAI_NONAME']],
  ['[part of ipworks.error.11002]', 11002, ['EAI_AGAIN', 'ESERVFAIL', 'ETIMEOUT']],
  ['[part of ipworks.error.11003]', 11003, ['EAI_FAIL', 'EFORMERR', 'EREFUSED', 'ENOTIMP']],
  ['[part of ipworks.error.11004]', 11004, ['ENODATA', 'EAI_NODATA', 'EAI_ADDRFAMILY']],
]

describe('the errors of the system by number', () => {
  it.each(ROWS)('%s', (_title, number, names) => {
    const entry = SYSTEM_ERRORS.find((each) => each.number === number)
    expect(entry).toMatchObject({ number, names })
    expect(entry?.text).toMatch(/^[a-z]/)
    for (const name of names) expect(systemErrorOf(failed(name))).toBe(entry)
  })

  it('has no further numbers, and no name twice', () => {
    expect(SYSTEM_ERRORS.map(({ number }) => number)).toEqual(ROWS.map(([, number]) => number))
    const names = SYSTEM_ERRORS.flatMap((each) => each.names)
    expect(new Set(names).size).toBe(names.length)
  })

  it('looks into causes and into several errors, and not for ever', () => {
    const several = new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })])
    expect(systemErrorOf(new Error('outer', { cause: several }))?.number).toBe(10_061)
    const circle = new Error('circle')
    circle.cause = circle
    expect(systemErrorOf(circle)).toBeUndefined()
    expect(systemErrorOf('text')).toBeUndefined()
  })
})

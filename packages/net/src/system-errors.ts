// A table: the errors of sockets and of the lookup of names, by the numbers that Windows gives them (Winsock) and by the names that Node gives them.

/** One error of the system. */
export interface SystemError {
  /** The number of Winsock, which manuals and scripts from Windows use. */
  readonly number: number
  readonly text: string
  /** What Node calls it; empty for what cannot happen there. */
  readonly names: readonly string[]
}

/** By number. */
export const SYSTEM_ERRORS: readonly SystemError[] = [
  { number: 10004, text: 'interrupted call', names: ['EINTR'] },
  { number: 10009, text: 'bad descriptor', names: ['EBADF'] },
  { number: 10013, text: 'access denied', names: ['EACCES', 'EPERM'] },
  { number: 10014, text: 'bad address', names: ['EFAULT'] },
  { number: 10022, text: 'invalid argument', names: ['EINVAL'] },
  { number: 10024, text: 'too many open files', names: ['EMFILE', 'ENFILE'] },
  { number: 10035, text: 'would block', names: ['EAGAIN', 'EWOULDBLOCK'] },
  { number: 10036, text: 'in progress', names: ['EINPROGRESS'] },
  { number: 10037, text: 'already in progress', names: ['EALREADY'] },
  { number: 10038, text: 'not a socket', names: ['ENOTSOCK'] },
  { number: 10039, text: 'destination needed', names: ['EDESTADDRREQ'] },
  { number: 10040, text: 'message too long', names: ['EMSGSIZE'] },
  { number: 10041, text: 'wrong protocol type', names: ['EPROTOTYPE'] },
  { number: 10042, text: 'bad protocol option', names: ['ENOPROTOOPT'] },
  { number: 10043, text: 'protocol unsupported', names: ['EPROTONOSUPPORT'] },
  { number: 10044, text: 'socket type unsupported', names: ['ESOCKTNOSUPPORT'] },
  { number: 10045, text: 'operation unsupported', names: ['EOPNOTSUPP', 'ENOTSUP'] },
  { number: 10046, text: 'protocol family unsupported', names: ['EPFNOSUPPORT'] },
  { number: 10047, text: 'address family unsupported', names: ['EAFNOSUPPORT'] },
  { number: 10048, text: 'address in use', names: ['EADDRINUSE'] },
  { number: 10049, text: 'address not available', names: ['EADDRNOTAVAIL'] },
  { number: 10050, text: 'network down', names: ['ENETDOWN'] },
  { number: 10051, text: 'network unreachable', names: ['ENETUNREACH'] },
  { number: 10052, text: 'network reset', names: ['ENETRESET'] },
  { number: 10053, text: 'connection aborted locally', names: ['ECONNABORTED'] },
  { number: 10054, text: 'connection reset by peer', names: ['ECONNRESET'] },
  { number: 10055, text: 'no buffer space', names: ['ENOBUFS', 'ENOMEM'] },
  { number: 10056, text: 'already connected', names: ['EISCONN'] },
  { number: 10057, text: 'not connected', names: ['ENOTCONN'] },
  { number: 10058, text: 'send after shutdown', names: ['EPIPE', 'ESHUTDOWN'] },
  { number: 10059, text: 'too many references', names: ['ETOOMANYREFS'] },
  { number: 10060, text: 'connect timed out (os)', names: ['ETIMEDOUT'] },
  { number: 10061, text: 'connection refused', names: ['ECONNREFUSED'] },
  { number: 10062, text: 'link loop', names: ['ELOOP'] },
  { number: 10063, text: 'name too long', names: ['ENAMETOOLONG'] },
  { number: 10064, text: 'host down', names: ['EHOSTDOWN'] },
  { number: 10065, text: 'no route to host', names: ['EHOSTUNREACH'] },
  { number: 10066, text: 'folder not empty', names: ['ENOTEMPTY'] },
  { number: 10067, text: 'too many processes', names: [] },
  { number: 10068, text: 'too many users', names: [] },
  { number: 10069, text: 'quota exceeded', names: ['EDQUOT'] },
  { number: 10070, text: 'stale file handle', names: ['ESTALE'] },
  { number: 10071, text: 'remote path', names: [] },
  { number: 10091, text: 'network subsystem unavailable', names: [] },
  { number: 10092, text: 'winsock version', names: [] },
  { number: 10093, text: 'winsock not loaded', names: [] },
  { number: 11001, text: 'host not found', names: ['ENOTFOUND', 'EAI_NONAME'] },
  { number: 11002, text: 'temporary name failure', names: ['EAI_AGAIN', 'ESERVFAIL', 'ETIMEOUT'] },
  { number: 11003, text: 'permanent name failure', names: ['EAI_FAIL', 'EFORMERR', 'EREFUSED', 'ENOTIMP'] },
  { number: 11004, text: 'name without address', names: ['ENODATA', 'EAI_NODATA', 'EAI_ADDRFAMILY'] },
]

const BY_NAME = new Map(SYSTEM_ERRORS.flatMap((error) => error.names.map((name) => [name, error] as const)))

/** The error of the system behind an error: its own, that of its causes, or the first of several (`AggregateError`). */
export function systemErrorOf(error: unknown): SystemError | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 10; depth++) {
    const found = BY_NAME.get(String((at as NodeJS.ErrnoException).code))
    if (found) return found
    at = at instanceof AggregateError ? at.errors[0] : at.cause
  }
  return undefined
}

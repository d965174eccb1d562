import { PosthornError, ProtocolError, ReplyError, SettingsError } from '@posthorn/ground'
import type { Credentials } from '@posthorn/sasl'
import type { Extensions } from './extensions.js'

/** Credentials and no TLS, and nobody allowed that. */
export function cleartextRefused(): SettingsError {
  return new SettingsError('smtp.auth.cleartext', 'credentials', 'would travel in the clear: the session has no TLS', {
    phase: 'auth',
    hint: "Use security 'starttls' or 'implicit', or say allowCleartextAuth: true.",
  })
}

export function notOffered(secure: boolean): ProtocolError {
  return new ProtocolError('smtp.auth.not-offered', 'the server offers no login, and credentials are set', {
    phase: 'auth',
    outcome: 'permanent',
    hint: secure
      ? 'Leave the credentials out, or use the submission port.'
      : 'Many servers offer it only under TLS: set security.',
  })
}

/** Nothing that the server offers can be used with these credentials. */
export function noMechanism(
  extensions: Extensions,
  credentials: Credentials,
  allowed: readonly string[] | undefined,
): ProtocolError {
  const offers = `the server offers ${extensions.mechanisms.join(' ') || 'none'}`
  const missing = (allowed ?? []).filter((name) => !extensions.mechanisms.includes(name.toUpperCase()))
  const wanted = allowed !== undefined && missing.length === allowed.length ? missing.join(' ') : undefined
  return new ProtocolError(
    'smtp.auth.no-mechanism',
    wanted === undefined ? `no mechanism fits; ${offers}` : `${wanted} is not offered; ${offers}`,
    {
      phase: 'auth',
      outcome: 'permanent',
      hint:
        credentials.authorizationId === undefined
          ? 'Check the kind of the credentials (password or access token) and the mechanisms option.'
          : 'Only PLAIN, DIGEST-MD5, SCRAM, OAUTHBEARER, EXTERNAL and GSSAPI can act as somebody else: leave authorizationId out, or have one of them offered.',
    },
  )
}

/** What fits is weaker than `minimumAuthStrength`. */
export function tooWeak(names: readonly string[], minimum: string): ProtocolError {
  return new ProtocolError(
    'smtp.auth.too-weak',
    `only weaker mechanisms than "${minimum}" can be used: ${names.join(' ')}`,
    {
      phase: 'auth',
      outcome: 'permanent',
      hint: 'Have the server offer a stronger mechanism, or lower minimumAuthStrength.',
    },
  )
}

/** The server said yes before its mechanism let it. */
export function unproven(name: string): ProtocolError {
  return new ProtocolError('smtp.auth.unproven', `the server accepted the login without proving itself in ${name}`, {
    phase: 'auth',
    outcome: 'permanent',
    hint: 'Do not trust this server: it may not know the password at all.',
  })
}

/**
 * RFC 5802 6: we said that we saw no -PLUS, and the server that it offered one. Both is true only when the list was shortened on the way,
 * or when two machines with different settings answer for one server.
 */
export function listShortened(name: string): ProtocolError {
  return new ProtocolError(
    'smtp.auth.downgraded',
    `${name}: the server offers -PLUS mechanisms that its list, as it arrived, did not have`,
    {
      phase: 'auth',
      outcome: 'permanent',
      hint: 'Someone may sit between and shorten the list of mechanisms; or a machine in front of the server does so. The operator of the server knows.',
    },
  )
}

/** A challenge that is no base64. Where a proof was due it is one that failed. */
export function undecodable(name: string, awaitsProof: boolean): ProtocolError {
  const what = `${name}: the server sent a challenge that is no base64`
  const hint = 'Do not trust this server: it did not prove that it knows the password. Someone may sit between.'
  if (awaitsProof) return serverProofFailed({ message: what, hint })
  return new ProtocolError('smtp.auth.challenge', what, {
    phase: 'auth',
    outcome: 'permanent',
    hint: 'The server, or something between, does not keep to RFC 4954 4; name another mechanism if you trust it.',
  })
}

/** The server's proof was wrong, or missing. */
export function serverProofFailed({ message, hint }: Pick<PosthornError, 'message' | 'hint'>): ProtocolError {
  return new ProtocolError('smtp.auth.server-proof', message, { phase: 'auth', outcome: 'permanent', hint })
}

/** A mechanism threw: its own errors in the words of this package, others as its failure. */
export function mechanismFailed(cause: unknown): PosthornError {
  if (!(cause instanceof PosthornError)) {
    return new ProtocolError('smtp.auth.mechanism', 'the mechanism failed', {
      phase: 'auth',
      outcome: 'permanent',
      cause,
      hint: 'See the cause.',
    })
  }
  if (cause.code === 'sasl.server-proof') return serverProofFailed(cause)
  if (cause.code !== 'sasl.challenge') return cause
  const { message, hint } = cause
  return new ProtocolError('smtp.auth.challenge', message, { phase: 'auth', outcome: 'permanent', hint })
}

/** A refusal with what else is known about it. */
export function refinedRefusal(
  error: ReplyError,
  {
    reason,
    hint,
    outcome,
  }: { readonly reason?: string | undefined; readonly hint?: string; readonly outcome?: 'transient' },
): ReplyError {
  return new ReplyError(error.code, reason === undefined ? error.message : `${error.message} (${reason})`, {
    phase: error.phase,
    outcome: outcome ?? error.outcome,
    reply: error.reply,
    hint: hint ?? error.hint,
  })
}

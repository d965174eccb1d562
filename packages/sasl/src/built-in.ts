import { login } from './login.js'
import type { Mechanism, SaslContext, Strength } from './mechanism.js'
import { plain } from './plain.js'
import { xoauth2 } from './xoauth2.js'

/** Where a mechanism begins. */
type Begins = Pick<Mechanism, 'begin'>

/** A mechanism whose code is loaded when it is used: a plain submission needs none of it. */
function lazy(
  name: string,
  strength: Strength,
  suits: (context: SaslContext) => boolean,
  load: () => Promise<Begins>,
  oneStep = false,
): Mechanism {
  return {
    name,
    strength,
    oneStep,
    begin: async (context) => (suits(context) ? (await load()).begin(context) : null),
  }
}

const hasPassword = ({ password }: SaslContext): boolean => password !== undefined
const hasToken = ({ accessToken }: SaslContext): boolean => accessToken !== undefined
const always = (): boolean => true

function scram(
  name: string,
  hash: 'sha1' | 'sha256' | 'sha512',
): { readonly bound: Mechanism; readonly unbound: Mechanism } {
  const load = (plus: boolean) => async (): Promise<Begins> => {
    const { beginScram } = await import('./scram.js')
    return { begin: (context) => beginScram({ name: plus ? `${name}-PLUS` : name, hash, plus }, context) }
  }
  const canBind = (context: SaslContext): boolean => hasPassword(context) && context.channelBindings.length > 0
  return {
    bound: lazy(`${name}-PLUS`, 'mutual', canBind, load(true)),
    unbound: lazy(name, 'mutual', hasPassword, load(false)),
  }
}

function gss(name: 'GSSAPI' | 'GSS-SPNEGO'): Mechanism {
  return lazy(name, 'mutual', always, async () => {
    const { beginGssapi } = await import('./gssapi.js')
    return { begin: (context) => beginGssapi(name, context) }
  })
}

const scram512 = scram('SCRAM-SHA-512', 'sha512')
const scram256 = scram('SCRAM-SHA-256', 'sha256')
const scram1 = scram('SCRAM-SHA-1', 'sha1')

/**
 * Every mechanism Posthorn knows, the strongest first. Within a strength: bound to the TLS session before not bound, a long hash before a
 * short one, a standard before what never was one. NTLM is behind CRAM-MD5, since its answers can be relayed to other servers.
 */
export const builtIn: readonly Mechanism[] = [
  scram512.bound,
  scram256.bound,
  scram1.bound,
  gss('GSSAPI'),
  gss('GSS-SPNEGO'),
  scram512.unbound,
  scram256.unbound,
  scram1.unbound,
  lazy('DIGEST-MD5', 'mutual', hasPassword, async () => (await import('./digest-md5.js')).digestMd5),
  lazy('EXTERNAL', 'hash', always, async () => (await import('./external.js')).external, true),
  lazy('CRAM-MD5', 'hash', hasPassword, async () => (await import('./cram-md5.js')).cramMd5),
  lazy('NTLM', 'hash', hasPassword, async () => (await import('./ntlm-mechanism.js')).ntlm),
  lazy('OAUTHBEARER', 'token', hasToken, async () => (await import('./oauthbearer.js')).oauthbearer),
  xoauth2,
  plain,
  login,
  lazy('ANONYMOUS', 'none', always, async () => (await import('./anonymous.js')).anonymous, true),
]

/** They take neither password nor token, so nothing says that they are meant unless the caller names them. */
export const onlyByName: ReadonlySet<string> = new Set(['EXTERNAL', 'GSSAPI', 'GSS-SPNEGO', 'ANONYMOUS'])

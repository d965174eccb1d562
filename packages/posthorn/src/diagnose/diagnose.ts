import { resolveMx } from 'node:dns/promises'
import { isIP } from 'node:net'
import { PosthornError, replyText } from '@posthorn/ground'
import type { TlsFacts } from '@posthorn/net'
import { SmtpClient, type SmtpOptions, type SmtpSession, type TrailEvent } from '@posthorn/smtp'
import type { Profile } from '@posthorn/settings'
import type { DiscoverOptions, Discovery } from '../discover/discovery.js'
import { profileFromUrl } from '../server-url.js'
import type { ProfileTerms } from '../way/profile-terms.js'
import { smtpOptionsOf } from '../way/smtp-options.js'
import { DIAGNOSES, type DiagnosisCode } from './diagnoses.js'
import type { Check, CheckStep, Diagnosis, Finding } from './diagnosis.js'
import { diagnoseError, tokenError, type Circumstances } from './error-diagnosis.js'
import { foundWay, isMailAddress } from './found-way.js'
import { Observed } from './observed.js'
import { openPorts, portsText } from './open-ports.js'
import { diagnoseRefusal } from './refusal-diagnosis.js'
import { tokenDiagnosis } from './token-diagnosis.js'
import { WatchedToken } from './watched-token.js'

/** What besides the connection is tried, and how long it may take. */
export interface DiagnoseOptions {
  /** Tried as reverse-path; no mail is sent. */
  readonly sender?: string
  /** Tried as recipients, with `sender`; no mail is sent. */
  readonly recipients?: readonly string[]
  /** Compared with what the server takes, in octets. */
  readonly sizeOctets?: number
  /** How long each answer is waited for, in milliseconds. Default 4 000 on loopback, 15 000 elsewhere; some servers greet late on purpose. */
  readonly patienceMs?: number
  readonly signal?: AbortSignal
  /** Told the protocol trail meanwhile; secrets are not in it. */
  readonly onTrail?: (event: TrailEvent) => void
  /** Asked for the mail exchangers of a name without address; default: the system's name server. */
  readonly resolveMx?: (name: string) => Promise<readonly unknown[]>
  /** What a profile is read with. */
  readonly terms?: ProfileTerms
  /** How the server of a mail address is looked for; its road is the one to the server, too. */
  readonly discover?: Omit<DiscoverOptions, 'signal'>
}

const LOOPBACK_MS = 4_000
const ELSEWHERE_MS = 15_000
/** Other ports are asked side by side; on a way that drops packets this is what it costs. */
const PORTS_MS = 1_500

/**
 * Goes the way out step by step, without sending mail, and says what is wrong: each misconfiguration with a stable code, its cause and one
 * next step. Never rejects for what it finds.
 * @param way a mail address, whose server is looked for (see `discover`), a URL (see `profileFromUrl`), the name of a host, a profile, or
 * options in code
 */
export async function diagnose(
  way: string | URL | Profile | { readonly smtp: SmtpOptions },
  options: DiagnoseOptions = {},
): Promise<Diagnosis> {
  const startedAt = performance.now()
  const run = new Run(options)
  try {
    const smtp = isMailAddress(way) ? await run.find(way) : await optionsOf(way, options.terms)
    if (smtp) await run.go(smtp)
  } catch (error) {
    run.failed('settings', diagnoseError(error, run.circumstances), evidenceOf(error))
  }
  return run.result(performance.now() - startedAt)
}

/** One run: what it saw and found so far. */
class Run {
  readonly #options: DiagnoseOptions
  readonly #seen = new Observed()
  readonly #token = new WatchedToken()
  readonly #checks: Check[] = []
  readonly #findings: Finding[] = []
  #smtp: SmtpOptions | undefined
  #discovery: Discovery | undefined

  constructor(options: DiagnoseOptions) {
    this.#options = options
  }

  get circumstances(): Circumstances {
    const credentials = this.#smtp?.credentials
    return {
      token: credentials !== undefined && 'accessToken' in credentials,
      tokenAwaited: this.#token.awaited,
      secure: this.#seen.tls !== undefined,
      mechanisms: this.#seen.extensions?.mechanisms ?? [],
      offers: this.#seen.offers,
    }
  }

  /** Looks for the server of a mail address; undefined when there is none. */
  async find(address: string): Promise<SmtpOptions | undefined> {
    const { signal, discover } = this.#options
    const found = await foundWay(address, { ...discover, signal })
    this.#discovery = found.discovery
    if ('code' in found) {
      this.failed('discover', found.code, found.evidence)
      return undefined
    }
    this.#ok('discover', found.text)
    if (found.doubt !== undefined) this.#find('warning', 'discover', 'discover.unconfirmed', found.doubt)
    return found.smtp
  }

  async go(smtp: SmtpOptions): Promise<void> {
    this.#smtp = smtp
    const patienceMs = this.#options.patienceMs ?? (isLoopback(smtp.host) ? LOOPBACK_MS : ELSEWHERE_MS)
    const client = new SmtpClient({
      ...smtp,
      ...(smtp.credentials ? { credentials: this.#token.in(smtp.credentials) } : {}),
      timeouts: { ...smtp.timeouts, connectMs: patienceMs, idleMs: patienceMs, quitMs: 500 },
    })
    if (!this.#settings(smtp)) return
    client.on('trail', this.#seen.note)
    const { signal, onTrail } = this.#options
    if (onTrail) client.on('trail', onTrail)
    try {
      const session = await client.session(signal ? { signal } : {})
      this.#reached()
      await this.#transaction(session)
      await session.quit()
    } catch (error) {
      this.#reached()
      await this.#explain(error, smtp)
    } finally {
      await client.close({ now: true })
    }
  }

  failed(step: CheckStep, code: DiagnosisCode, evidence: string, nextStep?: string): void {
    this.#find('error', step, code, evidence, nextStep)
  }

  result(elapsedMs: number): Diagnosis {
    const { host = '', port, security } = this.#smtp ?? {}
    const errors = this.#findings.filter(({ severity }) => severity === 'error')
    return {
      ok: errors.length === 0,
      host,
      port: port ?? (security === 'implicit' ? 465 : 587),
      security: security ?? (port === 465 ? 'implicit' : 'starttls'),
      checks: this.#checks,
      findings: [...errors, ...this.#findings.filter(({ severity }) => severity === 'warning')],
      ...(this.#discovery ? { discovery: this.#discovery } : {}),
      elapsedMs: Math.round(elapsedMs),
    }
  }

  /** What can be told without a connection. False: there is no point in one. */
  #settings(smtp: SmtpOptions): boolean {
    const { security, port, credentials, tls, allowCleartextAuth } = smtp
    const clear = security === 'none' || security === 'opportunistic'
    if (/^smtp\.(?:gmail|googlemail)\.com\.?$/i.test(smtp.host) && clear) {
      this.failed('settings', 'settings.gmail-needs-tls', `security is '${security}'`)
      return false
    }
    const weak: [DiagnosisCode, string][] = []
    if (tls?.rejectUnauthorized === false) weak.push(['settings.not-verified', 'tls.rejectUnauthorized is false'])
    if (credentials && clear && allowCleartextAuth)
      weak.push(['settings.credentials-in-the-clear', `allowCleartextAuth is set, and security is '${security}'`])
    for (const [code, evidence] of weak) this.#find('warning', 'settings', code, evidence)
    if (weak.length === 0) this.#ok('settings', `${smtp.host} port ${port ?? 'by default'}`)
    return true
  }

  /** The steps that went well. */
  #reached(): void {
    const { addresses, proxy, address, tls, greeting, extensions, mechanism, startTls } = this.#seen
    if (addresses) this.#ok('resolve', addresses.join(', '))
    if (proxy !== undefined) this.#ok('proxy', `open through ${proxy}`)
    if (address !== undefined) this.#ok('connect', address)
    if (tls && !startTls) this.#protected('tls', tls)
    if (greeting && greeting.code < 400) this.#ok('greeting', replyText(greeting))
    if (extensions) this.#ok('ehlo', extensions.keywords.join(', ') || 'no extensions')
    if (tls && startTls) this.#protected('starttls', tls)
    if (mechanism !== undefined) this.#check('auth', 'skipped', `tried ${mechanism}`)
  }

  #protected(step: CheckStep, { protocol, cipher, subject, verified, unverified }: TlsFacts): void {
    const text = `${protocol}, ${cipher}: ${subject}`
    if (verified) this.#ok(step, text)
    else this.#check(step, 'warning', `${text} (NOT verified${unverified === undefined ? '' : `: ${unverified}`})`)
  }

  /** MAIL and RCPT of a transaction that is taken back. */
  async #transaction(session: SmtpSession): Promise<void> {
    this.#loggedIn(session)
    const { sender, recipients = [], sizeOctets } = this.#options
    const limit = session.extensions.maxSizeOctets
    if (sizeOctets !== undefined && limit !== undefined && sizeOctets > limit)
      this.failed('size', 'too-large', `${sizeOctets} octets; the server takes ${limit}`)
    else if (limit !== undefined) this.#ok('size', `up to ${limit} octets`)
    if (sender === undefined) return
    const { token } = this.circumstances
    const mail = await session.raw(`MAIL FROM:<${sender}>`)
    if (mail.code >= 400) {
      const code = diagnoseRefusal('mail', mail, token)
      this.failed('sender', code === 'auth.needed' && !this.#smtp?.credentials ? 'auth.needed' : code, replyText(mail))
      return
    }
    this.#ok('sender', `${sender} is accepted`)
    for (const recipient of recipients) {
      const reply = await session.raw(`RCPT TO:<${recipient}>`)
      if (reply.code >= 400)
        this.failed('recipient', diagnoseRefusal('rcpt', reply, token), `${recipient}: ${replyText(reply)}`)
      else this.#ok('recipient', `${recipient} is accepted`)
    }
    await session.rset()
  }

  #loggedIn(session: SmtpSession): void {
    this.#remove('auth')
    if (session.authenticated) this.#ok('auth', `accepted by ${this.#seen.mechanism ?? 'AUTH'}`)
    else this.#check('auth', 'skipped', 'no credentials are set')
  }

  async #explain(error: unknown, smtp: SmtpOptions): Promise<void> {
    this.#remove('auth')
    const evidence = evidenceOf(error)
    let code = diagnoseError(error, this.circumstances)
    const step = stepOf(error, this.#seen)
    let nextStep: string | undefined
    if (code === 'name.not-found' && (await this.#hasMailExchangers(smtp.host))) code = 'name.is-a-mail-domain'
    if (PORT_TROUBLE.has(code)) {
      const others = await openPorts(
        { ...smtp, timeoutMs: PORTS_MS, signal: this.#options.signal },
        this.result(0).port,
      )
      if (others.length > 0) nextStep = `Use another port there: ${portsText(others)} can be reached.`
    }
    const said = tokenError(error)
    if (said?.hint !== undefined) nextStep = said.hint // the manager knows more than the table
    if (code.startsWith('token.')) {
      const better = await tokenDiagnosis(this.#token.used, smtp.host)
      if (better) {
        this.failed(step, better.code, `${evidence}; ${better.evidence}`)
        return
      }
    }
    if (code === 'auth.wrong-mechanism') nextStep = this.#mechanismStep()
    this.failed(step, code, evidence, nextStep)
  }

  #mechanismStep(): string | undefined {
    const { mechanisms } = this.circumstances
    if (mechanisms.length === 0) return undefined
    return `Leave mechanisms and credentials.mechanism out, or name one the server offers: ${mechanisms.join(', ')}.`
  }

  async #hasMailExchangers(host: string): Promise<boolean> {
    if (isIP(host) !== 0) return false
    try {
      return (await (this.#options.resolveMx ?? resolveMx)(host)).length > 0
    } catch {
      return false // no answer is no evidence
    }
  }

  #find(
    severity: Finding['severity'],
    step: CheckStep,
    code: DiagnosisCode,
    evidence: string,
    nextStep?: string,
  ): void {
    const text = DIAGNOSES[code]
    this.#remove(step, 'ok')
    this.#check(step, severity === 'error' ? 'failed' : 'warning', evidence)
    this.#findings.push({ code, severity, step, cause: text.cause, nextStep: nextStep ?? text.nextStep, evidence })
  }

  #ok(step: CheckStep, text: string): void {
    this.#check(step, 'ok', text)
  }

  #check(step: CheckStep, status: Check['status'], text: string): void {
    this.#checks.push({ step, status, text })
  }

  #remove(step: CheckStep, status?: Check['status']): void {
    const at = this.#checks.findIndex(
      (check) => check.step === step && (status === undefined || check.status === status),
    )
    if (at >= 0 && step !== 'recipient') this.#checks.splice(at, 1)
  }
}

/** Trouble that another port may not have. */
const PORT_TROUBLE = new Set<DiagnosisCode>([
  'port.closed',
  'port.blocked',
  'server.silent',
  'server.not-smtp',
  'starttls.not-offered',
  'starttls.stripped',
  'auth.not-offered',
])

async function optionsOf(
  way: string | URL | Profile | { readonly smtp: SmtpOptions },
  terms: ProfileTerms | undefined,
): Promise<SmtpOptions> {
  if (typeof way === 'object' && 'smtp' in way) return way.smtp
  return smtpOptionsOf(typeof way === 'string' || way instanceof URL ? profileFromUrl(asUrl(way)) : way, terms)
}

function asUrl(way: string | URL): string | URL {
  if (way instanceof URL || /^[a-z]+:\/\//i.test(way)) return way
  return `smtp://${isIP(way) === 6 ? `[${way}]` : way}`
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127\./.test(host)
}

/** The message of one of our errors, and what the token manager said behind it; anything else may hold anything. */
function evidenceOf(error: unknown): string {
  if (!(error instanceof PosthornError)) return 'an unexpected error'
  const said = tokenError(error)
  if (!said || said === error) return `${error.message} [${error.code}]`
  if (error.message.endsWith(said.message)) return `${error.message} [${said.code}]`
  return `${error.message} [${error.code}]; ${said.message} [${said.code}]`
}

function stepOf(error: unknown, { startTls }: Observed): CheckStep {
  const phase = error instanceof PosthornError ? error.phase : 'settings'
  switch (phase) {
    case 'resolve':
    case 'proxy':
    case 'connect':
    case 'greeting':
    case 'ehlo':
    case 'starttls':
    case 'auth':
      return phase
    case 'tls':
      return startTls ? 'starttls' : 'tls'
    case 'mail':
      return 'sender'
    case 'rcpt':
      return 'recipient'
    default:
      return 'settings'
  }
}

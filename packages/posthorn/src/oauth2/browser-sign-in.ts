import { ApiError, InvariantError, PosthornError, SettingsError } from '@posthorn/ground'
import type { AuthorizationRequest } from './authorization-request.js'
import type { TokenAnswer } from './authorization-server.js'
import type { Clock } from './clock.js'
import type { BrowserSignIn } from './grant.js'
import { LoopbackRedirect } from './loopback-redirect.js'
import { errorPage, refusalPage, successPage, type RedirectPage } from './redirect-page.js'

const DEFAULT_TIMEOUT_MS = 300_000

/** What a sign-in needs besides. */
export interface BrowserSignInContext {
  readonly redirectHost: '127.0.0.1' | 'localhost'
  readonly begin: (redirectUri: string) => Promise<AuthorizationRequest>
  /** Stores what was given before the person is told that all is well. */
  readonly keep: (answer: TokenAnswer) => Promise<void>
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
}

/**
 * Opens the browser and waits for it to come back, RFC 8252. What is no answer to this very request is refused and does not end it.
 * @throws {ApiError} `oauth2.timeout`, `oauth2.browser`, and what finishing the request throws
 */
export async function signInWithBrowser(browser: BrowserSignIn, context: BrowserSignInContext): Promise<void> {
  const { port = 0, path = '', hideResponse = false, timeoutMs = DEFAULT_TIMEOUT_MS } = browser
  if (path !== '' && !/^\/[\w./~-]*$/.test(path)) {
    throw new SettingsError('oauth2.settings', 'grant.browser.path', 'is no path', {
      hint: 'Give one such as /callback.',
    })
  }
  const redirect = await LoopbackRedirect.listen(port, path)
  const over = new AbortController()
  const answered = new AbortController()
  try {
    const request = await context.begin(`http://${context.redirectHost}:${redirect.port}${path}`)
    let strangers = 0
    const done = new Promise<void>((resolve, reject) => {
      redirect.take = async (answer): Promise<RedirectPage> => {
        if (!request.matches(answer)) {
          strangers++
          return refusalPage(400, 'This is not the answer to the sign-in that is under way. Nothing was stored.')
        }
        redirect.take = undefined // a code is for one use
        answered.abort() // the person came in time: how long the provider and the store take is theirs to limit
        try {
          await context.keep(await request.finish(answer, context.signal))
          resolve()
          return successPage(hideResponse)
        } catch (error) {
          reject(error instanceof Error ? error : new InvariantError('a sign-in ended with something that is no error'))
          return error instanceof PosthornError ? errorPage(error) : refusalPage(400, 'The sign-in was given up.')
        }
      }
      Promise.resolve(request.url)
        .then(browser.open)
        .catch((cause: unknown) => {
          if (!answered.signal.aborted) reject(notOpened(cause))
        })
    })
    const end = AbortSignal.any([over.signal, answered.signal, ...(context.signal ? [context.signal] : [])])
    const late = context.clock.wait(timeoutMs, end).then(
      () => {
        // the answer may have come at the last moment
        if (!answered.signal.aborted) throw nobodyCame(strangers)
      },
      (error: unknown) => {
        if (!answered.signal.aborted) throw error
      },
    )
    await Promise.race([done, late.then(() => done)])
  } finally {
    over.abort()
    await redirect.close()
  }
}

function nobodyCame(strangers: number): ApiError {
  const also = strangers > 0 ? ` (${strangers} answers with a wrong state were refused)` : ''
  return new ApiError('oauth2.timeout', `nobody signed in in time${also}`, {
    phase: 'auth',
    outcome: 'transient',
    hint: 'Start the sign-in again and finish it in the browser of this machine; elsewhere use a device code.',
  })
}

function notOpened(cause: unknown): ApiError {
  return new ApiError('oauth2.browser', 'the browser could not be opened', {
    phase: 'auth',
    outcome: 'permanent',
    cause: cause instanceof PosthornError ? cause : undefined,
    hint: 'Open the address of the sign-in by hand, or use a device code.',
  })
}

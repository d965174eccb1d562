import { ApiError, type ErrorOutcome } from '@posthorn/ground'

/** Every way in which the web does not answer, once there is a connection. What is answered is never an error here, whatever its status. */
const CODES = {
  'web.timeout': [
    'transient',
    'The web service did not answer in time. Try again later; WebOptions.timeoutMs is the limit.',
  ],
  'web.too-large': [
    'permanent',
    'The answer is longer than WebOptions.maxOctets allows. Most often the URL is not that of the service.',
  ],
  'web.broken': [
    'transient',
    'The web service hung up, or did not answer by the rules of HTTP. The cause has what was wrong.',
  ],
  aborted: ['transient', 'The caller gave up; nothing was wrong with the connection.'],
} as const satisfies Record<string, readonly [ErrorOutcome, string]>

/** The codes of the `ApiError`s of a web request. */
export type WebCode = keyof typeof CODES

/** An `ApiError` with the outcome and the hint of its code. */
export function webError(code: WebCode, message: string, cause?: unknown): ApiError {
  const [outcome, hint] = CODES[code]
  return new ApiError(code, message, { outcome, phase: 'command', hint, cause })
}

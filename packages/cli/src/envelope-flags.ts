import type { EnvelopeTerms } from 'posthorn'
import { usageError } from './usage-error.js'

/** The flags of `send` for delivery status notifications (RFC 3461). */
export interface EnvelopeFlags {
  readonly notify?: string
  readonly ret?: string
  readonly envid?: string
}

const EVENTS = ['never', 'success', 'failure', 'delay'] as const
type Event = (typeof EVENTS)[number]

/** @throws {SettingsError} `usage.flag` */
export function envelopeTerms({ notify, ret, envid }: EnvelopeFlags): EnvelopeTerms {
  return {
    ...(notify === undefined ? {} : { notify: events(notify) }),
    ...(ret === undefined ? {} : { ret: returned(ret) }),
    ...(envid === undefined ? {} : { envelopeId: envid }),
  }
}

function events(text: string): Event[] {
  const named = text.toLowerCase().split(',')
  const wrong = named.find((name) => !EVENTS.includes(name as Event))
  if (wrong !== undefined || (named.includes('never') && named.length > 1)) {
    throw usageError('--notify', 'must be never, or some of success,failure,delay', 'Write --notify failure,delay.')
  }
  return named as Event[]
}

function returned(text: string): 'full' | 'headers' {
  if (text === 'full') return 'full'
  if (text === 'headers' || text === 'hdrs') return 'headers'
  throw usageError('--ret', 'must be full or headers', 'Write --ret headers.')
}

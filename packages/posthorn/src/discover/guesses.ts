import type { CandidateSettings, CandidateSource } from './discovery.js'
import type { Question } from './question.js'
import { RANKS, type NewCandidate, type Shortlist } from './shortlist.js'
import { verify } from './verify.js'

interface Guess {
  readonly rank: number
  readonly source: CandidateSource
  readonly from: string
  readonly settings: CandidateSettings
  readonly confirm?: string
}

/** How many mail exchangers are tried as submission servers. */
const MAX_EXCHANGERS = 2

/**
 * Tries the usual names, side by side, on 465 and 587: the mail exchangers, then `smtp.`, `mail.` and the domain itself. What answers with a
 * fitting certificate becomes a candidate.
 */
export async function addGuesses(
  question: Question,
  shortlist: Shortlist,
  exchangers: readonly string[],
): Promise<void> {
  const guesses = guessesFor(question, exchangers)
  const { road, steps, signal } = question
  const results = await Promise.all(guesses.map(({ settings }) => verify(settings, road, steps, signal)))
  guesses.forEach((guess, index) => {
    const verified = results[index]!
    const { rank, ...rest } = guess
    if (verified.ok) shortlist.add(rank, { ...rest, verified })
  })
}

function guessesFor({ address, isInside }: Question, exchangers: readonly string[]): Guess[] {
  const { domain } = address
  const notes = ['Guessed, and proved by connecting: whether it takes mail of this mailbox shows at the login.']
  const atPorts = (host: string, guess: Omit<Guess, 'settings'>): Guess[] => [
    { ...guess, settings: { host, port: 465, security: 'implicit', notes } },
    { ...guess, settings: { host, port: 587, security: 'starttls', notes } },
  ]
  const byMx = exchangers.slice(0, MAX_EXCHANGERS).flatMap((host) => {
    const from = `${host} is a mail exchanger of ${domain}`
    if (isInside(host)) return atPorts(host, { rank: RANKS.ownMx, source: 'mx', from })
    return atPorts(host, { rank: RANKS.foreignMx, source: 'mx', from, confirm: outside(host, domain, 'an MX record') })
  })
  const names = [`smtp.${domain}`, `mail.${domain}`, domain].filter((host) => !exchangers.includes(host))
  const byName = names.flatMap((host) =>
    atPorts(host, { rank: RANKS.guess, source: 'guess', from: `the name ${host}` }),
  )
  return [...byMx, ...byName]
}

/** The mail exchanger itself, on port 25 and without login: it takes mail for the own domain alone. */
export function directSend(exchanger: string, domain: string, isMicrosoft: boolean): NewCandidate {
  const name = isMicrosoft ? 'Direct send: it' : 'The mail exchanger: it'
  return {
    source: 'mx',
    from: `${exchanger} is the mail exchanger of the lowest preference of ${domain}`,
    delivers: 'own-domain',
    settings: {
      host: exchanger,
      port: 25,
      security: 'starttls',
      login: 'none',
      notes: [`${name} takes mail for recipients at ${domain} alone, without login; many networks block port 25.`],
    },
  }
}

/** Why a person should look at a name outside the domain. */
export function outside(host: string, domain: string, what: string): string {
  return `${host} is not in ${domain}, and nothing but ${what} names it, which others on the way can write (RFC 6186 6)`
}

import { autodiscoverQuestion, readAutodiscover } from './autodiscover-answer.js'
import { serversText, type NamedServers } from './autoconfig.js'
import { askHttps, redirectOf } from './https-question.js'
import type { MailAddress } from './mail-address.js'
import { oneLine, type Steps } from './steps.js'

const MAX_REDIRECTS = 2

/** Where a domain keeps Autodiscover, in the order in which it counts (MS-OXDISCO 3.1.5). Its third place, over http:, is not asked. */
export function autodiscoverUrls(domain: string): readonly string[] {
  return [
    `https://${domain}/autodiscover/autodiscover.xml`,
    `https://autodiscover.${domain}/autodiscover/autodiscover.xml`,
  ]
}

/** What Autodiscover came to. */
export interface Autodiscovered extends NamedServers {
  /** The domain that should be asked for in place of the one of the address. */
  readonly redirectDomain?: string | undefined
}

/**
 * Asks one address of the web for servers by Autodiscover. The mailbox is named, no password is ever sent: a server that asks for a login
 * gets none. Never rejects but for the signal.
 */
export async function askAutodiscover(
  ask: typeof fetch,
  steps: Steps,
  url: string,
  address: MailAddress,
  signal: AbortSignal,
): Promise<Autodiscovered> {
  const end = steps.begin('autodiscover', url)
  const none = { url, servers: [] }
  try {
    let at = url
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const answer = await askHttps(ask, { url: at, post: autodiscoverQuestion(address.address) }, signal)
      if ('instead' in answer) {
        end(answer.instead)
        return none
      }
      const read = await readAutodiscover(answer.text, address)
      if (!read) {
        end({ status: 'refused', answer: 'it is no answer of Autodiscover' })
        return none
      }
      if ('problem' in read) {
        end({ status: 'none', answer: read.problem })
        return none
      }
      if ('redirectDomain' in read) {
        end({ status: 'found', answer: `ask for the domain ${read.redirectDomain}` })
        return { ...none, redirectDomain: read.redirectDomain }
      }
      if ('servers' in read) {
        const { servers, unused } = read
        end({ status: servers.length > 0 ? 'found' : 'none', answer: serversText(servers, unused) })
        return { url: answer.url, servers }
      }
      const next = redirectOf(read.redirectUrl, answer.url)
      if (next === undefined) {
        end({ status: 'refused', answer: `a redirect that is not to https: ${oneLine(read.redirectUrl)}` })
        return none
      }
      at = next
    }
    end({ status: 'refused', answer: `more than ${MAX_REDIRECTS} redirects` })
  } catch {
    end({ status: 'failed', answer: 'the time was over' })
  }
  return none
}

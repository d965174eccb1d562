import { readClientConfig } from './client-config.js'
import type { CandidateSettings, Evidence } from './discovery.js'
import { askHttps } from './https-question.js'
import type { MailAddress } from './mail-address.js'
import type { Steps } from './steps.js'

/** Servers that one address of the web names. */
export interface NamedServers {
  /** The address of the web that vouches for them. */
  readonly url: string
  readonly servers: readonly CandidateSettings[]
}

/** Where a domain keeps its settings in Thunderbird's format, in the order in which they count. */
export function autoconfigUrls({ address, localPart, domain }: MailAddress): readonly string[] {
  const query = localPart === undefined ? '' : `?emailaddress=${encodeURIComponent(address)}`
  return [
    `https://autoconfig.${domain}/mail/config-v1.1.xml${query}`,
    `https://${domain}/.well-known/autoconfig/mail/config-v1.1.xml${query}`,
  ]
}

/** Asks one address of the web for servers in Thunderbird's format. Never rejects but for the signal. */
export async function askAutoconfig(
  ask: typeof fetch,
  steps: Steps,
  kind: Extract<Evidence['kind'], 'autoconfig' | 'ispdb'>,
  url: string,
  address: MailAddress,
  signal: AbortSignal,
): Promise<NamedServers> {
  const end = steps.begin(kind, url)
  const none = { url, servers: [] }
  try {
    const answer = await askHttps(ask, { url }, signal)
    if ('instead' in answer) {
      end(answer.instead)
      return none
    }
    const config = await readClientConfig(answer.text, address)
    if (!config) {
      end({ status: 'refused', answer: 'it is no configuration in Thunderbird’s format' })
      return none
    }
    const { servers, unused } = config
    end({ status: servers.length > 0 ? 'found' : 'none', answer: serversText(servers, unused) })
    return { url: answer.url, servers }
  } catch {
    end({ status: 'failed', answer: 'the time was over' })
    return none
  }
}

/** `smtp.example.com:465 (implicit); not used: clear text`. */
export function serversText(servers: readonly CandidateSettings[], unused: readonly string[]): string {
  const shown = servers.map(({ host, port, security }) => `${host}:${port} (${security})`).join(', ')
  const rest = unused.length === 0 ? '' : `not used: ${[...new Set(unused)].join(', ')}`
  return [shown, rest].filter((text) => text !== '').join('; ') || 'no server for sending'
}

import { SettingsError } from '@posthorn/ground'
import type { Target } from '../../diagnosis.js'
import type { NetEvent, ProxyChoice, ProxyOptions } from '../../options.js'
import { bypassRule, isBypassed } from './bypass.js'
import { proxyFromEnvironment, type ProxyUse } from './environment.js'
import { parseProxyUrl } from './proxy-url.js'
import { surroundings, systemProxy, type Surroundings } from './system-proxy.js'

export interface FindOptions {
  readonly use: ProxyUse
  readonly signal: AbortSignal
  readonly onEvent?: ((event: NetEvent) => void) | undefined
}

/**
 * The proxy to reach a target through; undefined when it is reached directly: by `none`, by the bypass list, or because nothing is set
 * where one was to be looked for.
 * @throws {SettingsError} `settings.proxy`, `settings.proxy-system`
 */
export async function findProxy(
  choice: ProxyChoice,
  target: Target,
  { use, signal, onEvent }: FindOptions,
  around: Surroundings = surroundings(),
): Promise<ProxyOptions | undefined> {
  const proxy = await chosen()
  if (!proxy) return undefined
  checkBypass(proxy.bypass ?? [])
  return isBypassed(proxy.bypass ?? [], target) ? undefined : proxy

  async function chosen(): Promise<ProxyOptions | undefined> {
    if (typeof choice !== 'string') return choice
    if (choice === 'none') return undefined
    if (choice !== 'environment' && choice !== 'system') return parseProxyUrl(choice)
    const fromEnvironment = proxyFromEnvironment(use, around.env, around.platform)
    if (fromEnvironment || choice === 'environment') return fromEnvironment
    const found = await systemProxy(use, signal, around)
    if (found?.script && !found.proxy) {
      const text = 'the system leaves the choice of the proxy to a script (PAC), which is not run: no proxy is used'
      onEvent?.({ type: 'note', text })
    }
    return found?.proxy
  }
}

function checkBypass(entries: readonly string[]): void {
  entries.forEach((entry, index) => {
    if (bypassRule(entry)) return
    const what = 'is neither a name, nor an address, nor a network'
    throw new SettingsError('settings.proxy', `proxy.bypass[${index}]`, what, {
      hint: 'Write mail.example, *.example, 192.0.2.1, 10.0.0.0/8, [::1]:25, <local> or *.',
    })
  })
}

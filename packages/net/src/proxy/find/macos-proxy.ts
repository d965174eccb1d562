import type { ProxyOptions } from '../../options.js'
import type { ProxyUse } from './environment.js'
import type { SystemProxy } from './system-proxy.js'

/** Which entries are taken for what, the first that is enabled. */
const ENTRIES: Readonly<Record<ProxyUse, readonly ('SOCKS' | 'HTTPS' | 'HTTP')[]>> = {
  mail: ['SOCKS', 'HTTPS', 'HTTP'],
  https: ['HTTPS', 'SOCKS'],
  http: ['HTTP', 'SOCKS'],
}

/** What `scutil --proxy` says: `HTTPSEnable`, `HTTPSProxy`, `HTTPSPort` and so on, and `ExceptionsList`. It has no passwords. */
export function parseMacosProxy(output: string, use: ProxyUse): SystemProxy {
  const values = new Map<string, string>()
  const bypass: string[] = []
  let inExceptions = false
  for (const line of output.split('\n')) {
    const [, name = '', value = ''] = /^\s*(\S+)\s*:\s*(.*?)\s*$/.exec(line) ?? []
    if (line.trim() === '}') inExceptions = false
    else if (name === 'ExceptionsList') inExceptions = true
    else if (inExceptions && /^\d+$/.test(name)) bypass.push(value)
    else if (name !== '') values.set(name, value)
  }
  if (values.get('ExcludeSimpleHostnames') === '1') bypass.push('<local>')
  const script = values.get('ProxyAutoConfigEnable') === '1'
  const name = ENTRIES[use].find((each) => values.get(`${each}Enable`) === '1' && values.get(`${each}Proxy`))
  if (name === undefined) return { script }
  const port = Number(values.get(`${name}Port`) ?? 0)
  const proxy: ProxyOptions = {
    type: name === 'SOCKS' ? 'socks5' : 'http',
    host: values.get(`${name}Proxy`) ?? '',
    ...(port > 0 ? { port } : {}),
    bypass,
  }
  return { script, proxy }
}

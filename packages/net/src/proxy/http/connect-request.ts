import type { ProxyPlan } from '../proxy-plan.js'

/**
 * The CONNECT request, RFC 9110 9.3.6. Nothing in it can end a line: the target is a checked host, the fields were checked with the
 * settings, and an authorization is made of ASCII.
 * @param target `host:port`, an IPv6 address in brackets
 */
export function connectRequest(
  target: string,
  { headers }: Pick<ProxyPlan, 'headers'>,
  authorization: string | undefined,
): Buffer {
  const own = new Set(headers.map(([name]) => name.toLowerCase()))
  const lines = [
    `CONNECT ${target} HTTP/1.1`,
    `Host: ${target}`,
    ...(authorization === undefined ? [] : [`Proxy-Authorization: ${authorization}`]),
    // of HTTP/1.0, and what some proxies still need to keep the connection for NTLM
    ...(own.has('proxy-connection') ? [] : ['Proxy-Connection: Keep-Alive']),
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}

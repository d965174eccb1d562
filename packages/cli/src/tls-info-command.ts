import { tlsCapabilities } from 'posthorn'
import { fold } from './output.js'
import type { OutputFlags } from './chosen-way.js'

/** `posthorn tls-info`: what the TLS of this Node.js can do. Gives the exit code. */
export async function tlsInfoCommand({ json }: OutputFlags): Promise<number> {
  const found = await tlsCapabilities()
  if (json) {
    process.stdout.write(`${JSON.stringify(found)}\n`)
    return 0
  }
  const { node, openssl, versions, ciphers, groups, signatureAlgorithms } = found
  const lines: readonly (readonly [string, string])[] = [
    ['runtime', `Node.js ${node}, OpenSSL ${openssl}`],
    [
      'versions',
      versions.map(({ name, byDefault }) => (byDefault ? name : `${name} (only when asked for)`)).join(', '),
    ],
    ['suites', ciphers.map(({ name }) => name).join(', ')],
    ['groups', groups.join(', ')],
    ['signatures', signatureAlgorithms.join(', ')],
  ]
  for (const [name, text] of lines) process.stdout.write(`${fold(`${name.padEnd(12)}${text}`, process.stdout, 12)}\n`)
  return 0
}

import { createHash, createHmac } from 'node:crypto'
import { ScramServer } from '@posthorn/testkit'
import type { AuthDialogue, AuthScript } from './auth-server.js'

export const PASSWORD = 'Wonder-7land'
export const WELCOME = '235 2.7.0 welcome'
export const REFUSED = '535 5.7.8 no'

const md5 = (data: string | Buffer) => createHash('md5').update(data).digest()

/** Each mechanism as a server does it, with a password of its own. */
export const scripts: Record<string, (dialogue: AuthDialogue, password: string) => Promise<string>> = {
  async PLAIN({ initial }, password) {
    return initial?.toString() === `\0alice\0${password}` ? WELCOME : REFUSED
  },
  async LOGIN({ ask }, password) {
    const user = await ask('Username:')
    return user?.toString() === 'alice' && (await ask('Password:'))?.toString() === password ? WELCOME : REFUSED
  },
  async 'CRAM-MD5'({ ask }, password) {
    const challenge = '<7.1@relay.example.test>'
    const wanted = createHmac('md5', password).update(challenge).digest('hex')
    return (await ask(challenge))?.toString() === `alice ${wanted}` ? WELCOME : REFUSED
  },
  async 'DIGEST-MD5'({ ask }, password) {
    const answer = (await ask('realm="lab",nonce="n1",qop="auth",charset=utf-8,algorithm=md5-sess'))?.toString() ?? ''
    const cnonce = /cnonce="([^"]*)"/.exec(answer)?.[1] ?? ''
    const a1 = md5(Buffer.concat([md5(`alice:lab:${password}`), Buffer.from(`:n1:${cnonce}`)])).toString('hex')
    const digest = (a2: string) => md5(`${a1}:n1:00000001:${cnonce}:auth:${md5(a2).toString('hex')}`).toString('hex')
    if (!answer.includes(`response=${digest('AUTHENTICATE:smtp/127.0.0.1')}`)) return REFUSED
    return (await ask(`rspauth=${digest(':smtp/127.0.0.1')}`))?.length === 0 ? WELCOME : '501 5.7.0 cancelled'
  },
  'SCRAM-SHA-1': scram('sha1'),
  'SCRAM-SHA-256': scram('sha256'),
  'SCRAM-SHA-512': scram('sha512'),
  async NTLM({ initial, ask }) {
    if (initial?.toString('latin1', 0, 8) !== 'NTLMSSP\0') return REFUSED
    const head = Buffer.from('NTLMSSP\0\x02\0\0\0', 'latin1')
    const answer = await ask(Buffer.concat([head, Buffer.alloc(8), Buffer.from([1, 2, 8, 0]), Buffer.alloc(24, 1)]))
    return answer?.readUInt32LE(8) === 3 ? WELCOME : REFUSED
  },
}

function scram(hash: string) {
  return async ({ initial, ask }: AuthDialogue, password: string): Promise<string> => {
    const server = new ScramServer(hash, password)
    const answer = (await ask(server.first(initial!.toString())))?.toString()
    if (answer === undefined) return '501 5.7.0 cancelled'
    let final: string
    try {
      final = server.final(answer)
    } catch {
      return REFUSED
    }
    return (await ask(final))?.length === 0 ? WELCOME : '501 5.7.0 cancelled'
  }
}

/** Takes each mechanism with this password. */
export const withPassword =
  (password: string): AuthScript =>
  (dialogue) =>
    scripts[dialogue.mechanism]!(dialogue, password)

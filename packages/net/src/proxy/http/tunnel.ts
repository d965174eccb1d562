import type { Target } from '../../diagnosis.js'
import { authority, proxyError } from '../proxy-error.js'
import type { ProxyPlan } from '../proxy-plan.js'
import type { ProxyStream } from '../proxy-stream.js'
import { looksLike } from '../shown.js'
import { bodyEnd, parseAnswer, staysOpen, valuesOf, type Answer } from './answer.js'
import { connectRequest } from './connect-request.js'
import { HttpLogin, MAX_REQUESTS } from './http-login.js'
import { tunnelRefusal } from './refusal.js'

/** Of the head of one answer, the 1xx before it included. */
const MAX_HEAD_OCTETS = 16_384
/** Of the body of a 407; a longer one is not read, the connection is renewed. */
const MAX_BODY_OCTETS = 65_536

/**
 * Opens a tunnel through an HTTP proxy. What comes behind the head of the 2xx is of the server, and stays in the socket.
 * @param open a new connection to the proxy; the one before is closed then
 * @throws {ConnectError} `proxy.*`
 * @source RFC 9110 9.3.6 and 11.7
 */
export async function openTunnel(
  open: () => Promise<ProxyStream>,
  plan: ProxyPlan,
  target: Target,
): Promise<ProxyStream> {
  const login = new HttpLogin(plan)
  const uri = authority(target)
  let authorization = await login.first()
  let stream = await open()
  for (let requests = 1; requests <= MAX_REQUESTS; requests++) {
    const request = connectRequest(uri, plan, authorization?.value)
    const reused = !stream.fresh
    stream.send(request)
    let answer: Answer
    try {
      answer = await readAnswer(stream, plan, login)
    } catch (error) {
      // it had said that it would keep the connection, and has closed it while we answered
      if (!reused || stream.answered || authorization?.sameConnection) throw error
      stream = await open()
      stream.send(request)
      answer = await readAnswer(stream, plan, login)
    }
    if (answer.status >= 200 && answer.status < 300) return stream
    if (answer.status !== 407) throw tunnelRefusal(answer, login.shown(answer.line), plan.name, target)
    authorization = await login.answer(valuesOf(answer, 'proxy-authenticate'), answer.line, { method: 'CONNECT', uri })
    if (await drained(stream, answer)) continue
    if (authorization.sameConnection) {
      const what = 'hangs up in the middle of NTLM, which needs one connection'
      throw proxyError('proxy.protocol', `the proxy ${plan.name} ${what}: ${login.shown(answer.line)}`)
    }
    stream = await open()
  }
  throw proxyError('proxy.protocol', `the proxy ${plan.name} asks for the login again and again`)
}

/** The head of the final answer; interim ones are skipped. */
async function readAnswer(stream: ProxyStream, plan: ProxyPlan, login: HttpLogin): Promise<Answer> {
  let left = MAX_HEAD_OCTETS
  const foreign = (octets: Buffer) => {
    const what = looksLike(octets, login.secrets())
    return proxyError('proxy.protocol', `no HTTP proxy answers at ${plan.name}, but ${what}`)
  }
  while (left > 0) {
    // a server of another kind may say one line and then wait for us
    const start = await stream.exactly(START.length)
    if (start.toString('latin1') !== START) throw foreign(Buffer.concat([start, stream.rest()]))
    const rest = await stream.upTo(/\r?\n\r?\n/, left)
    if (!rest) break
    const head = Buffer.concat([start, rest])
    const answer = parseAnswer(head.toString('latin1'))
    if (!answer) throw foreign(head)
    if (answer.status >= 200 || answer.status === 101) return answer
    left -= head.length
  }
  throw proxyError(
    'proxy.protocol',
    `the proxy ${plan.name} sends more than ${MAX_HEAD_OCTETS} octets of header fields`,
  )
}

const START = 'HTTP/'

/** Reads the body of a 407 away; false when the connection is of no use for another request. */
async function drained(stream: ProxyStream, answer: Answer): Promise<boolean> {
  const end = bodyEnd(answer)
  if (end === 'close' || !staysOpen(answer) || (end !== 'chunked' && end > MAX_BODY_OCTETS)) return false
  try {
    if (end === 'chunked') return await chunksDrained(stream)
    if (end > 0) await stream.exactly(end)
    return !stream.over
  } catch {
    return false // it hung up: the reason does not matter, there will be a new connection
  }
}

/** RFC 9112 7.1. */
async function chunksDrained(stream: ProxyStream): Promise<boolean> {
  for (let total = 0; total <= MAX_BODY_OCTETS;) {
    const line = await stream.upTo(/\r?\n/, 1_024)
    const size = /^([0-9a-f]{1,6})[ \t]*(?:;.*)?\r?\n$/i.exec(line?.toString('latin1') ?? '')?.[1]
    if (size === undefined) return false
    const octets = Number.parseInt(size, 16)
    total += octets + size.length
    if (octets > MAX_BODY_OCTETS) return false
    if (octets === 0) return trailersDrained(stream)
    await stream.exactly(octets)
    if (!/^\r?\n$/.test((await stream.upTo(/\r?\n/, 2))?.toString('latin1') ?? '')) return false
  }
  return false
}

async function trailersDrained(stream: ProxyStream): Promise<boolean> {
  for (let lines = 0; lines < 20; lines++) {
    const line = await stream.upTo(/\r?\n/, 1_024)
    if (!line) return false
    if (line.length <= 2) return true
  }
  return false
}

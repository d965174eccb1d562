import { PosthornError } from '@posthorn/ground'
import type { Client, Dispatcher } from 'undici'
import type { CheckedRequest } from './checked-request.js'
import { webError } from './web-error.js'
import type { WebResponse } from './web-options.js'
import type { Socket } from 'node:net'

/** Of all header fields of an answer. */
const MAX_HEADER_OCTETS = 65_536

/** A client for one origin whose connections are opened by us. All its time limits are off: one deadline is over everything. */
export async function clientOf(origin: string, open: () => Promise<Socket>): Promise<Client> {
  const { Client } = await import('undici') // here, so that mail by SMTP does not load it
  return new Client(origin, {
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: MAX_HEADER_OCTETS,
    connect: (_, done) => {
      open().then(
        (socket) => done(null, socket),
        (error: unknown) => done(error instanceof Error ? error : new Error(String(error)), null),
      )
    },
  })
}

/** The answer as a whole. @throws {ApiError} `web.too-large`, `web.broken` */
export async function wholeResponse(
  { shown, headers: asked }: CheckedRequest,
  { statusCode, headers, body }: Dispatcher.ResponseData,
  maxOctets: number,
): Promise<WebResponse> {
  const pieces: Uint8Array[] = []
  let total = 0
  const tooLarge = () => webError('web.too-large', `${shown} answers with more than ${maxOctets} octets`)
  if (headerOctets(headers) > MAX_HEADER_OCTETS) {
    throw webError('web.broken', `${shown} answers with more than ${MAX_HEADER_OCTETS} octets of header fields`)
  }
  const coding = String(headers['content-encoding'] ?? 'identity').toLowerCase()
  if (coding !== 'identity' && asked['accept-encoding'] === 'identity') {
    throw webError('web.broken', `${shown} answers in a content coding that was not asked for`)
  }
  if (Number(headers['content-length'] ?? 0) > maxOctets) throw tooLarge()
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    total += piece.length
    if (total > maxOctets) throw tooLarge()
    pieces.push(piece)
  }
  const fields = Object.entries(headers).map(([name, value]) => [
    name.toLowerCase(),
    Array.isArray(value) ? value.join(', ') : (value ?? ''),
  ])
  return {
    status: statusCode,
    headers: Object.fromEntries(fields) as Record<string, string>,
    body: new Uint8Array(Buffer.concat(pieces)),
  }
}

/** As they came, with what stands between names and values: the HTTP library leaves that out of its own count. */
function headerOctets(headers: Dispatcher.ResponseData['headers']): number {
  let octets = 0
  for (const [name, value] of Object.entries(headers)) {
    for (const each of [value ?? ''].flat()) octets += name.length + ': \r\n'.length + each.length
  }
  return octets
}

/** What went wrong below: our own errors as they are, those of the HTTP library without the octets they carry along. */
export function exchangeFailure(error: unknown, { shown }: CheckedRequest): PosthornError {
  if (error instanceof PosthornError) return error
  const { message, code } = error as NodeJS.ErrnoException
  const cause = Object.assign(new Error(message), { code })
  return webError('web.broken', `the exchange with ${shown} broke off: ${message}`, cause)
}

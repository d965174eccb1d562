import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { SettingsError } from 'posthorn'
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server'
import { makeCertificate } from './certificate.js'
import { readSubject } from './subject.js'

/** What the subject is looked for in. */
const HEAD_OCTETS = 64 * 1024
/** How long `close` waits for clients that are still there. */
const CLOSE_MS = 500

export interface SandboxOptions {
  /** Default 2525; 0 takes any free one. */
  readonly port?: number
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Where messages are kept. Default: a new folder among the temporary files. */
  readonly dir?: string
  /** With both, this login is demanded; default: any login is taken, and none is needed. */
  readonly user?: string
  readonly password?: string
  readonly onArrival?: (arrival: Arrival) => void
}

/** A message the sandbox took. */
export interface Arrival {
  /** Counts from 1. */
  readonly number: number
  readonly at: Date
  readonly reversePath: string
  readonly recipients: readonly string[]
  readonly sizeOctets: number
  /** Of the content as it was received, hexadecimal. */
  readonly sha256: string
  readonly subject: string
  /** The file that holds the content. */
  readonly path: string
  readonly secure: boolean
  /** Who logged in. */
  readonly user: string | undefined
}

/** A running sandbox. */
export interface Sandbox {
  readonly port: number
  readonly host: string
  readonly dir: string
  /** The authority of its certificate, PEM: what a client must trust. */
  readonly ca: string
  /** Messages taken so far. */
  readonly count: number
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Starts a catch-all SMTP inbox: it takes every message for everybody, keeps each as a file and sends none on. It offers STARTTLS with a
 * certificate for localhost, 127.0.0.1 and ::1 (and `host`), and AUTH. Messages of any size go to disk as they come in.
 * @throws {SettingsError} `sandbox.dir`, `sandbox.listen`
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { host = '127.0.0.1', user, password } = options
  const dir = await makeFolder(options.dir)
  const certificate = await makeCertificate([
    ...new Set(['localhost', '127.0.0.1', '::1', ...(/^(?:::|0\.0\.0\.0)$/.test(host) ? [] : [host])]),
  ])
  let count = 0
  const receive = async (stream: SMTPServerDataStream, session: SMTPServerSession): Promise<string> => {
    const number = ++count
    const second = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
    const name = `${second}-${String(number).padStart(4, '0')}.eml`
    const arrival = await keep(stream, session, join(dir, name), number)
    options.onArrival?.(arrival)
    return `2.0.0 kept as ${name}`
  }
  const server = new SMTPServer({
    key: certificate.key,
    cert: certificate.cert,
    name: 'localhost',
    banner: 'Posthorn sandbox',
    heloResponse: '%s greets %s',
    authMethods: ['PLAIN', 'LOGIN', 'XOAUTH2'],
    authOptional: user === undefined,
    disableReverseLookup: true,
    closeTimeout: CLOSE_MS,
    maxRecipients: 100_000,
    logger: false,
    onAuth(auth, _session, callback) {
      const secret = auth.password ?? auth.accessToken
      const known = user === undefined || (auth.username === user && secret === password)
      if (known) callback(null, { user: auth.username ?? 'anonymous' })
      else callback(Object.assign(new Error('user or password is wrong'), { responseCode: 535 }))
    },
    onData(stream, session, callback) {
      receive(stream, session).then(
        (text) => callback(null, text),
        (error: unknown) =>
          callback(Object.assign(new Error(`could not be kept: ${reasonOf(error)}`), { responseCode: 452 })),
      )
    },
  })
  // clients that break off in a handshake are no concern of the inbox
  const quiet = () => {}
  const port = await new Promise<number>((settle, reject) => {
    const refused = (error: Error) => reject(listenError(error, host, options.port ?? 2525))
    server.once('error', refused)
    server.listen(options.port ?? 2525, host, () => {
      server.off('error', refused)
      server.on('error', quiet)
      settle((server.server.address() as AddressInfo).port)
    })
  })
  const close = () => new Promise<void>((settle) => server.close(settle))
  return {
    port,
    host,
    dir,
    ca: certificate.ca,
    get count() {
      return count
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Writes the content to its file while it comes in; the file has its name only once it is whole. */
async function keep(
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
  path: string,
  number: number,
): Promise<Arrival> {
  const hash = createHash('sha256')
  const head: Buffer[] = []
  let headOctets = 0
  let sizeOctets = 0
  const { envelope, secure } = session // the session is used again for the next message
  const { mailFrom, rcptTo } = envelope
  const user: unknown = session.user
  try {
    await pipeline(
      stream,
      async function* (source: AsyncIterable<Buffer>) {
        for await (const chunk of source) {
          hash.update(chunk)
          sizeOctets += chunk.length
          if (headOctets < HEAD_OCTETS) {
            head.push(Buffer.from(chunk.subarray(0, HEAD_OCTETS - headOctets)))
            headOctets += chunk.length
          }
          yield chunk
        }
      },
      createWriteStream(`${path}.part`, { flags: 'wx' }),
    )
    await rename(`${path}.part`, path)
  } catch (error) {
    await rm(`${path}.part`, { force: true })
    throw error
  }
  return {
    number,
    at: new Date(),
    reversePath: mailFrom ? mailFrom.address : '',
    recipients: rcptTo.map(({ address }) => address),
    sizeOctets,
    sha256: hash.digest('hex'),
    subject: readSubject(Buffer.concat(head)),
    path,
    secure,
    user: typeof user === 'string' ? user : undefined,
  }
}

async function makeFolder(dir: string | undefined): Promise<string> {
  try {
    if (dir === undefined) return await mkdtemp(join(tmpdir(), 'posthorn-sandbox-'))
    await mkdir(dir, { recursive: true })
    return resolve(dir)
  } catch (error) {
    throw new SettingsError('sandbox.dir', '--dir', `${dir ?? tmpdir()} cannot be made (${reasonOf(error)})`, {
      cause: error,
      hint: 'Give a folder that can be written to.',
    })
  }
}

function listenError(error: Error, host: string, port: number): SettingsError {
  const inUse = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
  return new SettingsError('sandbox.listen', '--port', `cannot listen on ${host} port ${port} (${reasonOf(error)})`, {
    cause: error,
    hint: inUse
      ? 'Something listens there already; give another port, or --port 0 for any free one.'
      : 'Check --host and --port.',
  })
}

function reasonOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error))
}

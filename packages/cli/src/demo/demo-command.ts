import { createHash, randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { compose, Mailer, type Content } from 'posthorn'
import { EXIT } from '../sysexits.js'
import { invocation } from '../invocation.js'
import { paintFor } from '../output.js'
import { reportFailure } from '../report.js'
import { arrivalLine } from '../sandbox/arrival-line.js'
import { startSandbox, type Arrival, type Sandbox } from '../sandbox/sandbox.js'
import { TrailPrinter } from '../trail-printer.js'
import { SCENES } from './drafts.js'

const out = process.stdout

/** `posthorn demo`: three real messages to a sandbox of its own, with the dialogue shown. Ends by itself; gives the exit code. */
export async function demoCommand(): Promise<number> {
  const paint = paintFor(out)
  const heading = (text: string) => out.write(`\n${paint('bold', text)}\n`)
  const arrivals: Arrival[] = []
  const login = { user: 'demo', password: randomBytes(12).toString('base64url') }
  let sandbox: Sandbox | undefined
  try {
    sandbox = await startSandbox({ port: 0, ...login, onArrival: (arrival) => arrivals.push(arrival) })
    heading('Posthorn: outbound mail')
    out.write(`A sandbox takes the place of a mail server: localhost port ${sandbox.port}. It demands\n`)
    out.write('TLS and a login; its certificate is checked, its password is never shown.\n')
    const digests = await sendAll(sandbox, login, heading)
    heading('What arrived')
    for (const [index, arrival] of arrivals.entries()) {
      out.write(
        `  ${arrivalLine(arrival, { isTTY: out.isTTY, columns: (out.columns ?? 80) - 2, write: () => {} }, paint)}\n`,
      )
      const same = arrival.sha256 === digests[index]
      const verdict = same ? paint('green', 'the same octet for octet') : paint('red', 'NOT what was sent')
      out.write(`           sha256 ${arrival.sha256.slice(0, 16)}..., ${verdict}\n`)
    }
    if (arrivals.length !== SCENES.length || arrivals.some(({ sha256 }, index) => sha256 !== digests[index]))
      return EXIT.software
    whatNext(heading)
    return EXIT.ok
  } catch (error) {
    return reportFailure(error, {})
  } finally {
    await sandbox?.close()
    if (sandbox) await rm(sandbox.dir, { recursive: true, force: true })
  }
}

/** Sends each scene and gives the digest of what was sent. */
async function sendAll(
  { port, ca }: Sandbox,
  login: { user: string; password: string },
  heading: (text: string) => void,
): Promise<string[]> {
  await using mailer = new Mailer({
    smtp: {
      host: 'localhost',
      port,
      security: 'starttls',
      credentials: login,
      tls: { ca },
      pool: { maxConnections: 1 },
    },
  })
  const printer = new TrailPrinter(out, paintFor(out), { dialogue: true, progress: true })
  mailer.on('trail', printer.print)
  const digests: string[] = []
  for (const [index, { title, draft }] of SCENES.entries()) {
    heading(`${index + 1}. ${title}`)
    const message = await compose(draft)
    await mailer.send(message)
    digests.push(await sha256(message.content))
  }
  return digests
}

async function sha256(content: Content): Promise<string> {
  const hash = createHash('sha256')
  for await (const block of content.open()) hash.update(block)
  return hash.digest('hex')
}

function whatNext(heading: (text: string) => void): void {
  const posthorn = invocation()
  heading('What to type next')
  out.write(`A sandbox of your own, which stays until Ctrl-C, in one terminal:

  ${posthorn} sandbox --ca-out .cache/ca.pem

and in another one:

  ${posthorn} send --server smtp://localhost:2525 --ca .cache/ca.pem \\
    --from me@example.test --to you@example.test --text Hello --trail
  ${posthorn} test --server smtp://localhost:2525 --ca .cache/ca.pem
  ${posthorn} send --help
`)
}

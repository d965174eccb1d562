import { SmtpClient, type Extensions, type SmtpOptions, type TrailEvent } from 'posthorn'
import { fold, paintFor } from './output.js'
import { reportFailure } from './report.js'
import { serverOptions, type OutputFlags, type ServerFlags } from './server-flags.js'
import { TrailPrinter } from './trail-printer.js'

export type TestFlags = ServerFlags & OutputFlags

/** What the test found; what is not there was not reached. */
interface Findings {
  server: string
  address?: string
  greeting?: string
  tls?: { readonly protocol: string; readonly cipher: string; readonly verified: boolean; readonly subject: string }
  extensions?: readonly string[]
  login?: string
}

/** `posthorn test`: connect, TLS, EHLO, AUTH, QUIT, and no mail. Gives the exit code. */
export async function testCommand(flags: TestFlags): Promise<number> {
  const startedAt = performance.now()
  let client: SmtpClient | undefined
  const found: Findings = { server: '' }
  try {
    const smtp = await serverOptions(flags, process.env)
    found.server = smtp.port === undefined ? smtp.host : `${smtp.host} port ${smtp.port}`
    client = new SmtpClient(smtp)
    client.on('trail', (event) => note(found, event))
    if (flags.trail)
      client.on(
        'trail',
        new TrailPrinter(process.stderr, paintFor(process.stderr), { dialogue: true, progress: false }).print,
      )
    const session = await client.session()
    found.extensions = offers(session.extensions)
    if (session.authenticated) found.login = `accepted for ${userOf(smtp)}`
    await session.quit()
    await client.close()
    if (flags.json) process.stdout.write(`${JSON.stringify({ ok: true, ...found })}\n`)
    else if (!flags.quiet) {
      show(found)
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(2)
      process.stdout.write(
        `${paintFor(process.stdout)('green', `result      ready to send; no mail was sent (${seconds} s)`)}\n`,
      )
    }
    return 0
  } catch (error) {
    await client?.close()
    if (!flags.json && !flags.quiet && found.address !== undefined) show(found)
    return reportFailure(error, flags)
  }
}

function note(found: Findings, event: TrailEvent): void {
  if (event.type === 'connect') found.address = event.address
  if (event.type === 'tls' && event.to === 'server') {
    const { protocol, cipher, verified, subject } = event
    found.tls = { protocol, cipher, verified, subject }
  }
  if (event.type === 'reply' && event.phase === 'greeting') found.greeting = event.reply.lines.join(' ')
}

function offers(extensions: Extensions): string[] {
  return extensions.keywords.map((keyword) => [keyword, ...extensions.parameters(keyword)].join(' '))
}

function userOf({ credentials }: SmtpOptions): string {
  return credentials?.user ?? 'the given identity'
}

function show({ server, address, greeting, tls, extensions, login }: Findings): void {
  const paint = paintFor(process.stdout)
  const line = (name: string, value: string) => {
    const text = fold(`${name.padEnd(12)}${value}`, process.stdout, 12)
    process.stdout.write(`${paint('bold', text.slice(0, 12))}${text.slice(12)}\n`)
  }
  line('server', address === undefined || address === server ? server : `${server} (${address})`)
  if (greeting !== undefined) line('greeting', greeting)
  if (tls) {
    const trust = tls.verified ? 'certificate verified' : 'certificate NOT verified'
    line('protection', `${tls.protocol}, ${tls.cipher}, ${trust}: ${tls.subject}`)
  } else if (extensions) line('protection', 'none: everything is sent in the clear')
  if (extensions) line('extensions', extensions.join(', ') || 'none')
  if (extensions) line('login', login ?? 'not asked for (no user given)')
}

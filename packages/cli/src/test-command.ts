import {
  connectionLogLines,
  Mailer,
  openLog,
  SmtpClient,
  smtpOptionsOf,
  type Extensions,
  type MailLog,
  type SmtpOptions,
  type TrailEvent,
} from 'posthorn'
import { chosenWay, type ChosenWay, type OutputFlags, type WayFlags } from './chosen-way.js'
import { fold, paintFor } from './output.js'
import { reportFailure, reportReceipt } from './report.js'
import { TrailPrinter } from './trail-printer.js'
import { usageError } from './usage-error.js'
import { tellWarnings } from './warnings.js'

export type TestFlags = WayFlags &
  OutputFlags & {
    /** True without a mailbox: the sender gets it. */
    readonly sendTo?: string | true
    readonly from?: string
    /** Whose servers are asked without a relay; a mailbox or a domain. */
    readonly to?: string
  }

/** What the test found; what is not there was not reached. */
interface Findings {
  server: string
  address?: string
  greeting?: string
  tls?: { readonly protocol: string; readonly cipher: string; readonly verified: boolean; readonly subject: string }
  extensions?: readonly string[]
  login?: string
}

/**
 * `posthorn test`: connect, TLS, EHLO, AUTH, QUIT, and no mail; with `--send-to` one short message by the profile as it is, signed and
 * encrypted when it says so. Gives the exit code.
 */
export async function testCommand(flags: TestFlags): Promise<number> {
  if (flags.sendTo !== undefined) return testMail(flags, flags.sendTo)
  const startedAt = performance.now()
  let client: SmtpClient | undefined
  let log: MailLog | undefined
  const found: Findings = { server: '' }
  try {
    const way = await chosenWay(flags, process.env)
    if (way.profile.transport === 'direct') return await testDirect(way, flags)
    if (way.profile.transport === 'spool') return await testFolder(way, flags)
    if (flags.to !== undefined)
      throw usageError('--to', 'is for the transport direct', 'A relay is asked itself; --send-to sends a message.')
    const smtp = await smtpOptionsOf(way.profile, way.terms)
    log = await openLog(way.profile.logging, way.terms)
    found.server = smtp.port === undefined ? smtp.host : `${smtp.host} port ${smtp.port}`
    client = new SmtpClient(smtp)
    client.on('trail', (event) => {
      note(found, event)
      log?.trail(event)
    })
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
      ready(startedAt)
    }
    return 0
  } catch (error) {
    await client?.close()
    if (!flags.json && !flags.quiet && found.address !== undefined) show(found)
    log?.say({ level: 'error', event: 'test', text: error instanceof Error ? error.message : 'the test failed' })
    // what other programs are set to look for
    for (const text of connectionLogLines(error)) log?.say({ level: 'error', event: 'test', text })
    return reportFailure(error, flags)
  } finally {
    await log?.close()
  }
}

/** Without a relay the servers of a domain are asked: that of `--to`, or the sender's own. */
async function testDirect(way: ChosenWay, flags: TestFlags): Promise<number> {
  const startedAt = performance.now()
  const { to } = flags
  const domain = (to ?? way.profile.sender?.from)?.replace(/^.*@/s, '').replace(/>\s*$/, '')
  if (domain === undefined)
    throw usageError(
      '--to',
      'is missing',
      'Say whose servers are asked: --to example.com, or sender.from in the profile.',
    )
  const found: Findings = { server: `those of ${domain}` }
  const mailer = new Mailer(way.profile, { ...way.terms, direct: { ...way.terms.direct, verifyDomain: domain } })
  try {
    if (!flags.quiet) tellWarnings(mailer)
    mailer.on('trail', (event) => note(found, event))
    if (flags.trail) {
      const look = { dialogue: true, progress: false }
      mailer.on('trail', new TrailPrinter(process.stderr, paintFor(process.stderr), look).print)
    }
    await mailer.verify()
  } catch (error) {
    if (!flags.json && !flags.quiet && found.address !== undefined) show(found)
    throw error
  } finally {
    await mailer.close()
  }
  if (flags.json) process.stdout.write(`${JSON.stringify({ ok: true, domain, ...found })}\n`)
  else if (!flags.quiet) {
    show(found)
    ready(startedAt)
  }
  return 0
}

/** With the transport spool there is a folder to be written to, and no server. */
async function testFolder(way: ChosenWay, flags: TestFlags): Promise<number> {
  const startedAt = performance.now()
  await using mailer = new Mailer(way.profile, way.terms)
  if (!flags.quiet) tellWarnings(mailer)
  await mailer.verify()
  const folder = way.profile.spool?.directory
  if (flags.json) process.stdout.write(`${JSON.stringify({ ok: true, folder })}\n`)
  else if (!flags.quiet) {
    process.stdout.write(`${paintFor(process.stdout)('bold', 'folder      ')}${folder}\n`)
    ready(startedAt)
  }
  return 0
}

async function testMail(flags: TestFlags, sendTo: string | true): Promise<number> {
  let mailer: Mailer | undefined
  try {
    const way = await chosenWay(flags, process.env)
    const from = flags.from ?? way.profile.sender?.from ?? senderOf(way)
    if (from === undefined)
      throw usageError('--from', 'is missing', 'Say who sends: --from me@example.com, or sender.from in the profile.')
    mailer = new Mailer(way.profile, way.terms)
    if (!flags.quiet) tellWarnings(mailer)
    if (flags.trail) {
      const look = { dialogue: true, progress: false }
      mailer.on('trail', new TrailPrinter(process.stderr, paintFor(process.stderr), look).print)
    }
    const receipt = await mailer.send({
      ...(way.profile.sender?.from === undefined || flags.from !== undefined ? { from } : {}),
      to: sendTo === true ? from : sendTo,
      subject: 'Test message',
      text: `This is a test message, sent by the profile ${way.name}. It arrived, so the way out works.\n`,
      autoSubmitted: 'auto-generated',
    })
    await mailer.close()
    return reportReceipt(receipt, flags)
  } catch (error) {
    await mailer?.close()
    return reportFailure(error, flags)
  }
}

function ready(startedAt: number): void {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(2)
  process.stdout.write(
    `${paintFor(process.stdout)('green', `result      ready to send; no mail was sent (${seconds} s)`)}\n`,
  )
}

/** A login is mostly a mailbox, and a server often takes no other sender. */
function senderOf({ profile }: ChosenWay): string | undefined {
  const user = profile.credentials?.user
  return user !== undefined && /^[^\s@]+@[^\s@]+$/.test(user) ? user : undefined
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

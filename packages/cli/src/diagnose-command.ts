import { diagnose, smtpOptionsOf, type Check, type Diagnosis } from 'posthorn'
import { chosenWay, type OutputFlags, type WayFlags } from './chosen-way.js'
import { fold, paintFor, printable, speaksUtf8, type Style } from './output.js'
import { reportFailure } from './report.js'
import { EXIT } from './sysexits.js'
import { TrailPrinter } from './trail-printer.js'
import { usageError } from './usage-error.js'

export type DiagnoseFlags = WayFlags &
  OutputFlags & {
    readonly from?: string
    readonly to?: readonly string[]
    readonly size?: string
    readonly patience?: string
  }

/** `posthorn diagnose`: the way out as a checklist, and what is wrong with it. Gives the exit code. */
export async function diagnoseCommand(server: string | undefined, flags: DiagnoseFlags): Promise<number> {
  try {
    const { from, to, size, patience } = flags
    const diagnosis = await diagnose(await subject(server, flags), {
      ...(flags.trail ? { onTrail: trailPrinter() } : {}),
      ...(from === undefined ? {} : { sender: from }),
      ...(to === undefined ? {} : { recipients: to }),
      ...(size === undefined ? {} : { sizeOctets: positive('--size', size) }),
      ...(patience === undefined ? {} : { patienceMs: Math.ceil(positive('--patience', patience) * 1000) }),
    })
    if (flags.json) process.stdout.write(`${JSON.stringify(diagnosis)}\n`)
    else show(diagnosis, flags.quiet === true)
    return exitCode(diagnosis)
  } catch (error) {
    return reportFailure(error, flags)
  }
}

/** What is diagnosed: a mail address, whose server is found first, or a way out. */
async function subject(server: string | undefined, flags: DiagnoseFlags): Promise<Parameters<typeof diagnose>[0]> {
  if (server !== undefined && /^[^\s@:/]+@[^\s@:/]+$/.test(server)) return server
  const given =
    server === undefined ? flags : { ...flags, server: /^[a-z]+:\/\//i.test(server) ? server : `smtp://${server}` }
  const way = await chosenWay(given, process.env)
  return { smtp: await smtpOptionsOf(way.profile, way.terms) }
}

function show({ checks, findings, ok, elapsedMs }: Diagnosis, quiet: boolean): void {
  const out = process.stdout
  const paint = paintFor(out)
  if (!quiet) for (const check of checks) out.write(`${line(check)}\n`)
  for (const finding of findings) {
    const style = finding.severity === 'error' ? 'red' : 'yellow'
    out.write(`\n${paint(style, fold(`${finding.code}: ${finding.cause}`, out, 2))}\n`)
    out.write(`${fold(`what to do: ${inFlags(finding.nextStep)}`, out, 2)}\n`)
  }
  if (quiet) return
  const seconds = (elapsedMs / 1000).toFixed(1)
  const verdict = ok
    ? paint('green', `\nready to send; no mail was sent (${seconds} s)`)
    : paint('red', `\nnot ready to send (${seconds} s)`)
  out.write(`${verdict}\n`)
}

/** Settings of the library, said with the flags of the command. */
const FLAGS: readonly (readonly [RegExp, string])[] = [
  [/(?:with )?tls\.extraCa/g, 'with --extra-ca FILE'],
  [/[Ss]et security to '(\w+)'/g, 'Use --security $1'],
  [/security '(\w+)'/g, '--security $1'],
  [/Set proxy\.user and proxy\.password\./g, 'Give them in the URL: --proxy http://user:password@host:port.'],
  [/proxy\.user and proxy\.password/g, 'user and password in the URL of --proxy'],
  [
    /Set credentials\.user and credentials\.password\./g,
    'Give --user NAME, with the password in POSTHORN_PASSWORD or --password-file FILE.',
  ],
  [/Set credentials\./g, 'Give --user NAME, with the password in POSTHORN_PASSWORD or --password-file FILE.'],
  [
    /set credentials\.accessToken \(see posthorn\/oauth2\)/g,
    'get a token with posthorn token, or give one with --access-token-file FILE',
  ],
  [/Set localName to/g, 'Give --local-name,'],
  [/\(tls\.identity, tls\.pfx, or tls\.cert and tls\.key\)/g, '(--client-cert FILE)'],
  [/mechanisms and credentials\.mechanism/g, '--mechanism'],
]

function inFlags(nextStep: string): string {
  return FLAGS.reduce((text, [setting, flag]) => text.replace(setting, flag), nextStep)
}

function trailPrinter(): TrailPrinter['print'] {
  return new TrailPrinter(process.stderr, paintFor(process.stderr), { dialogue: true, progress: false }).print
}

const MARKS = {
  ok: ['✓', 'ok  ', 'green'],
  warning: ['!', 'warn', 'yellow'],
  failed: ['✗', 'FAIL', 'red'],
  skipped: ['-', '-   ', 'dim'],
} as const satisfies Record<Check['status'], readonly [string, string, Style]>

function line({ step, status, text }: Check): string {
  const out = process.stdout
  const [symbol, word, style] = MARKS[status]
  const mark = speaksUtf8() ? symbol : word
  const indent = mark.length + 12
  const folded = fold(`${mark} ${step.padEnd(10)} ${printable(text)}`, out, indent)
  return paintFor(out)(style, folded.slice(0, mark.length)) + folded.slice(mark.length)
}

/** By the first error: what must be changed before it is tried again, and what may pass. */
function exitCode({ findings }: Diagnosis): number {
  const first = findings.find(({ severity }) => severity === 'error')
  return first ? (EXITS.find(([test]) => test.test(first.code))?.[1] ?? EXIT.unavailable) : EXIT.ok
}

const EXITS: readonly (readonly [RegExp, number])[] = [
  [/^(?:greylisted|rate-limited|server\.busy|auth\.temporary|name\.resolver-failed|mailbox\.full)$/, EXIT.temporary],
  [/^token\.(?:no-answer|provider-unreachable)$/, EXIT.temporary],
  [/^(?:settings\.|token\.store$)/, EXIT.config],
  [/^(?:auth|token|kerberos|sender\.not-allowed)/, EXIT.noPermission],
  [/^(?:recipient|relay)\./, EXIT.noUser],
  [/^discover\.no-answer$/, EXIT.temporary],
  [/^discover\./, EXIT.noHost],
  [/^name\./, EXIT.noHost],
  [/^server\.not-smtp$/, EXIT.protocol],
]

function positive(flag: string, text: string): number {
  const value = Number(text)
  if (/^\d+(?:\.\d+)?$/.test(text) && value > 0) return value
  throw usageError(flag, 'must be a number greater than 0', 'Give digits only.')
}

import { checkProfile } from '@posthorn/settings'
import { discover, profileOf, type Candidate, type Discovery, type Evidence } from 'posthorn'
import { ProfileFolder } from 'posthorn/profiles'
import type { OutputFlags } from './chosen-way.js'
import { fold, paintFor, printable, speaksUtf8, type Style } from './output.js'
import { reportFailure } from './report.js'
import { usageError } from './usage-error.js'

export interface DiscoverFlags extends OutputFlags {
  readonly save?: string
  readonly yes?: boolean
  /** Commander's form of --no-ispdb. */
  readonly ispdb?: boolean
}

/** `posthorn discover ADDRESS`: the server of an address, and what spoke for it. Gives the exit code. */
export async function discoverCommand(address: string, flags: DiscoverFlags): Promise<number> {
  try {
    const found = await discover(address, flags.ispdb === false ? { ispdb: false } : {})
    const [best] = found.candidates
    const file = flags.save === undefined ? undefined : await save(flags.save, address, best!, flags)
    if (flags.json)
      process.stdout.write(`${JSON.stringify({ ok: true, ...found, ...(file === undefined ? {} : { file }) })}\n`)
    else if (!flags.quiet) show(found)
    if (file !== undefined && !flags.json && !flags.quiet) process.stdout.write(`saved in ${file}\n`)
    return 0
  } catch (error) {
    return reportFailure(error, flags)
  }
}

async function save(name: string, address: string, best: Candidate, flags: DiscoverFlags): Promise<string> {
  if (best.confirm !== undefined && !flags.yes)
    throw usageError('--save', `needs --yes: ${best.confirm}`, `Look at the name ${best.settings.host} first.`)
  const { credentials, ...profile } = profileOf(best)
  const sender = address.includes('@') ? { from: address } : undefined
  // without its password a login is kept switched off, and the profile can be saved
  const kept = credentials?.user === undefined ? credentials : { ...credentials, enabled: false }
  const whole = { ...profile, ...(sender ? { sender } : {}), ...(kept ? { credentials: kept } : {}) }
  const folder = new ProfileFolder()
  if ((await folder.list()).some((each) => each.name.toLowerCase() === name.toLowerCase()))
    throw usageError('--save', `names ${name}, which is there already`, 'Give another name.')
  return folder.write(name, { profile: checkProfile(whole), sites: {} })
}

function show({ steps, candidates, provider }: Discovery): void {
  const out = process.stdout
  const paint = paintFor(out)
  for (const step of steps) out.write(`${line(step)}\n`)
  if (provider)
    out.write(
      `\n${fold(`provider   ${printable(provider.name)} (checked ${provider.checkedOn})${provider.note ? `: ${provider.note}` : ''}`, out, 11)}\n`,
    )
  for (const [index, { settings, from, agrees, confirm, verified }] of candidates.entries()) {
    const { host, port, security, user, password, oauth2, notes } = settings
    const place = `${printable(host)} port ${port}, ${security === 'implicit' ? 'TLS from the first octet' : 'STARTTLS'}`
    out.write(`\n${paint(index === 0 ? 'green' : 'dim', place)}\n`)
    const say = (name: string, text: string) => out.write(`  ${fold(`${name.padEnd(9)}${printable(text)}`, out, 11)}\n`)
    say('from', agrees.length === 0 ? from : `${from}; ${agrees.join(', ')} say the same`)
    if (user !== undefined) say('login', user)
    if (password === 'app') say('password', 'one made for programs (app password)')
    if (password === 'token') say('password', 'a token made for sending')
    if (oauth2) say('oauth2', oauth2.need === 'required' ? 'is needed' : 'is possible')
    if (verified) say('answers', verified.ok ? (verified.tls ?? 'yes') : (verified.problem?.message ?? 'no'))
    if (confirm !== undefined) say('CAREFUL', confirm)
    for (const note of notes) say('note', note)
  }
}

const MARKS: Readonly<Record<Evidence['status'], readonly [string, string, Style]>> = {
  found: ['✓', 'ok  ', 'green'],
  none: ['-', '-   ', 'dim'],
  skipped: ['-', '-   ', 'dim'],
  failed: ['!', 'warn', 'yellow'],
  refused: ['✗', 'NO  ', 'red'],
}

function line({ kind, asked, status, answer }: Evidence): string {
  const out = process.stdout
  const [symbol, word, style] = MARKS[status]
  const mark = speaksUtf8() ? symbol : word
  const folded = fold(`${mark} ${kind.padEnd(14)} ${printable(asked)}: ${printable(answer)}`, out, mark.length + 16)
  return paintFor(out)(style, folded.slice(0, mark.length)) + folded.slice(mark.length)
}

import { SettingsError } from 'posthorn'

/** What a caller of sendmail(8) asks for. */
export interface SendmailArguments {
  /** `deliver`: a message comes on standard input. `smtp` (-bs): SMTP is spoken there. */
  readonly mode: 'deliver' | 'smtp'
  /** -t: recipients stand in the header, too. */
  readonly readRecipients: boolean
  /** -i, -oi: a line with a single dot does not end the message. */
  readonly ignoreDots: boolean
  /** -f, -r: the envelope sender; '' is the null reverse-path. */
  readonly sender?: string | undefined
  /** -F: the name of the author, when the message has no From field. */
  readonly fullName?: string | undefined
  /** -N: which status notifications are wanted. */
  readonly notify?: readonly ('never' | 'success' | 'failure' | 'delay')[] | undefined
  /** -R: how much of the message a failure notification returns. */
  readonly ret?: 'full' | 'headers' | undefined
  /** -V: the envelope identifier. */
  readonly envelopeId?: string | undefined
  /** -v: the dialogue goes to standard error. */
  readonly verbose: boolean
  readonly recipients: readonly string[]
}

/** Options that have no effect here: those whose value stands right behind them or in the next argument, only right behind, and nowhere. */
const IGNORED_WITH_VALUE = 'ABCDLMOXhpQ'
const IGNORED_WITH_ATTACHED_VALUE = 'de'
const IGNORED = 'GUacmnsx'

/**
 * The arguments of sendmail(8) as its callers write them: `-t`, `-i`, `-oi`, `-f a@b` or `-fa@b`, flags together (`-ti`), `--` before recipients.
 * Options that only tell a queue or a daemon how to work are taken and have no effect.
 * @throws {SettingsError} `usage.flag` for what only a mail server can do (`-bd`, `-q`, `-bp`) and for an option nobody knows
 */
export function parseSendmailArguments(args: readonly string[]): SendmailArguments {
  const parsed: { -readonly [K in keyof SendmailArguments]: SendmailArguments[K] } & { recipients: string[] } = {
    mode: 'deliver',
    readRecipients: false,
    ignoreDots: false,
    verbose: false,
    recipients: [],
  }
  const rest = [...args]
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--') {
      parsed.recipients.push(...rest.splice(0))
    } else if (!arg.startsWith('-') || arg === '-') {
      parsed.recipients.push(arg)
    } else if (arg.startsWith('--')) {
      throw unknown(arg)
    } else {
      readOptions(arg.slice(1), rest, parsed)
    }
  }
  return parsed
}

type Parsed = { -readonly [K in keyof SendmailArguments]: SendmailArguments[K] }

function readOptions(letters: string, rest: string[], parsed: Parsed): void {
  for (let at = 0; at < letters.length; at++) {
    const letter = letters[at]!
    const behind = letters.slice(at + 1)
    const value = () => (behind === '' ? (rest.shift() ?? missing(`-${letter}`)) : behind)
    switch (letter) {
      case 't':
        parsed.readRecipients = true
        break
      case 'i':
        parsed.ignoreDots = true
        break
      case 'v':
        parsed.verbose = true
        break
      case 'f':
      case 'r':
        parsed.sender = value().replace(/^<(.*)>$/, '$1')
        return
      case 'F':
        parsed.fullName = value()
        return
      case 'N':
        parsed.notify = notifications(value())
        return
      case 'R':
        parsed.ret = returned(value())
        return
      case 'V':
        parsed.envelopeId = value()
        return
      case 'b':
        parsed.mode = mode(value())
        return
      case 'o':
        if (/^i(?:1|t|true)?$/i.test(value())) parsed.ignoreDots = true
        return
      case 'q':
        throw unable(`-q${behind}`, 'runs a queue, and there is none')
      default:
        if (IGNORED.includes(letter)) break
        if (IGNORED_WITH_ATTACHED_VALUE.includes(letter)) return
        if (!IGNORED_WITH_VALUE.includes(letter)) throw unknown(`-${letter}`)
        value()
        return
    }
  }
}

function mode(text: string): SendmailArguments['mode'] {
  if (text === 'm') return 'deliver'
  if (text === 's') return 'smtp'
  throw unable(`-b${text}`, 'is a work of a mail server')
}

const EVENTS = ['never', 'success', 'failure', 'delay'] as const

function notifications(text: string): NonNullable<SendmailArguments['notify']> {
  const named = text.toLowerCase().split(',')
  const known = EVENTS.filter((each) => named.includes(each))
  if (known.length === named.length && !(known.includes('never') && known.length > 1)) return known
  throw new SettingsError('usage.flag', '-N', 'must be never, or some of success,failure,delay', {
    hint: 'Write -N failure,delay.',
  })
}

function returned(text: string): 'full' | 'headers' {
  if (/^full$/i.test(text)) return 'full'
  if (/^(?:hdrs|headers)$/i.test(text)) return 'headers'
  throw new SettingsError('usage.flag', '-R', 'must be full or hdrs', { hint: 'Write -R hdrs.' })
}

function missing(flag: string): never {
  throw new SettingsError('usage.flag', flag, 'needs a value', { hint: `Write ${flag} VALUE.` })
}

function unable(flag: string, why: string): SettingsError {
  return new SettingsError('usage.flag', flag, why, {
    hint: 'posthorn sendmail hands one message over at once: -t, recipients, or -bs.',
  })
}

function unknown(flag: string): SettingsError {
  return new SettingsError('usage.flag', flag, 'is not known', { hint: 'See docs/sendmail.md for what is.' })
}

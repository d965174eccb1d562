import { readFileSync } from 'node:fs'
import { SETTING_FLAGS } from '@posthorn/settings'
import { Command, CommanderError } from 'commander'
import { EXIT } from './sysexits.js'
import type { ComposeFlags } from './compose-command.js'
import { withProfiles } from './profile/profile-commands.js'
import { withSpool } from './spool/spool-commands.js'
import type { DiscoverFlags } from './discover-command.js'
import type { DiagnoseFlags } from './diagnose-command.js'
import type { OutputFlags } from './chosen-way.js'
import type { SandboxFlags } from './sandbox-command.js'
import type { SendFlags } from './send-command.js'
import type { SmimeVerifyFlags } from './smime-command.js'
import type { TestFlags } from './test-command.js'
import type { TokenFlags } from './token-command.js'

/**
 * Runs the command with these arguments and gives its exit code; see `EXIT`. What a command needs is loaded when it is asked for, so that
 * `--help` and mistakes are quick.
 */
export async function run(args: readonly string[]): Promise<number> {
  process.stdout.on('error', endOfPipe)
  process.stderr.on('error', endOfPipe)
  // its arguments are those of sendmail(8), which no parser of today reads
  if (args[0] === 'sendmail' && args[1] !== '--help')
    return (await import('./sendmail/sendmail-command.js')).sendmailCommand(args.slice(1))
  let exitCode: number = EXIT.ok
  const command = program((code) => (exitCode = code))
  try {
    await command.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    throw error
  }
}

/** The reader has seen enough (`posthorn ... | head`); there is nobody left to tell. */
function endOfPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

/** Every command with its flags. `done` is told the exit code. */
export function program(done: (exitCode: number) => void): Command {
  const posthorn = new Command('posthorn')
    .description('Outbound mail: send it, test the way out, and try both without any server of your own.')
    .version(
      (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version,
    )
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'posthorn: ')) })
    .showHelpAfterError('what to do: See posthorn help, or posthorn help COMMAND.')
    .addHelpText('after', EXIT_CODES)

  const send = posthorn
    .command('send')
    .description('send one message; the text is read from standard input unless it is given')
  withProtection(withDraft(send))
    .option('--raw <file>', 'send this message as it is, without its Bcc; - reads it from standard input')
    .option('-t, --read-recipients', 'with --raw: take recipients from To, Cc and Bcc')
    .option('--keep-bcc', 'with --raw: leave Bcc in what is sent, for everybody to see')
    .option('--all', 'send to all recipients or to none')
    .option('--notify <events>', 'ask for status notifications: never, or some of success,failure,delay')
    .option('--ret <part>', 'what a failure notification returns: full or headers')
    .option('--envid <text>', 'an identifier that notifications repeat')
  withWay(send).action(async (flags: SendFlags) => done(await (await import('./send-command.js')).sendCommand(flags)))

  posthorn
    .command('sendmail')
    .description('take the place of sendmail(8): a message on standard input, or SMTP there; see docs/sendmail.md')
    .argument('[recipient...]', 'who gets it, besides those in the header with -t')
    .option('-t', 'take recipients from To, Cc and Bcc')
    .option('-i', 'a line with a single dot does not end the message; -oi is the same')
    .option('-f <mailbox>', 'the envelope sender; -r is the same; <> is the null reverse-path')
    .option('-F <name>', 'the name of the author, when the message has no From')
    .option('-N <events>', 'status notifications: never, or some of success,failure,delay')
    .option('-R <part>', 'what a failure notification returns: full or hdrs')
    .option('-V <text>', 'an identifier that notifications repeat')
    .option('-b <mode>', '-bs: speak SMTP on standard input and output')
    .option('-v', 'show the dialogue on standard error')

  const composed = posthorn
    .command('compose')
    .description('make a message of a draft and write it to standard output; sends nothing')
  withProtection(withDraft(composed))
    .option('--out <file>', 'write it to this file')
    .action(async (flags: ComposeFlags) => done(await (await import('./compose-command.js')).composeCommand(flags)))

  const test = posthorn
    .command('test')
    .description('prove that the server is reachable and takes the login; sends no mail unless it is told to')
  withWay(test)
    .option('--send-to [mailbox]', 'send a short test message there (default: to the sender), by the profile as it is')
    .option('--from <mailbox>', 'with --send-to: who sends it, when the profile does not say')
    .option('--to <domain>', "with the transport direct: whose servers are asked (default: the sender's own)")
    .action(async (flags: TestFlags) => done(await (await import('./test-command.js')).testCommand(flags)))

  const diagnosed = posthorn
    .command('diagnose')
    .description('go the way out step by step and say what is wrong and what to do; sends no mail')
    .argument('[server]', 'a mail address, whose server is found; a host; or smtp://user@host:port, smtps://...')
  withWay(diagnosed)
    .option('--from <mailbox>', 'try this sender address, too')
    .option('--to <mailbox>', 'try this recipient, too; may be given more than once', several)
    .option('--size <octets>', 'ask whether a message of this size would be taken')
    .option('--patience <seconds>', 'how long each answer is waited for')
    .action(async (server: string | undefined, flags: DiagnoseFlags) =>
      done(await (await import('./diagnose-command.js')).diagnoseCommand(server, flags)),
    )

  const token = posthorn
    .command('token')
    .description('access tokens (OAuth2), as a JSON file describes how to get them')
  token
    .command('sign-in')
    .description('let a person allow this machine to send: by browser, or by a code on another device')
    .argument('[file]', 'how tokens are had; see docs/oauth2.md')
    .option('--profile <name>', 'as this profile says under oauth2, in place of a file')
    .option('--print-url', 'show the address and open no browser')
    .option('--hide-response', 'close the browser page after success instead of saying so')
    .option('--json', 'print the result as one JSON object')
    .option('--quiet', 'print errors only')
    .action(async (file: string | undefined, flags: TokenFlags) =>
      done(await (await import('./token-command.js')).tokenSignInCommand(file, flags)),
    )
  token
    .command('show')
    .description('get an access token and tell what it is for')
    .argument('[file]', 'how tokens are had')
    .option('--profile <name>', 'as this profile says under oauth2, in place of a file')
    .option('--print', 'print the token itself, and nothing else')
    .option('--json', 'print the result as one JSON object')
    .action(async (file: string | undefined, flags: TokenFlags) =>
      done(await (await import('./token-command.js')).tokenShowCommand(file, flags)),
    )
  token
    .command('sign-out')
    .description('forget the tokens in the store')
    .argument('[file]', 'how tokens are had')
    .option('--profile <name>', 'as this profile says under oauth2, in place of a file')
    .option('--quiet', 'print errors only')
    .action(async (file: string | undefined, flags: TokenFlags) =>
      done(await (await import('./token-command.js')).tokenSignOutCommand(file, flags)),
    )

  withProfiles(posthorn, done)
  withSpool(posthorn, done, withWay)

  posthorn
    .command('discover')
    .description('find the server for a mail address, and say what spoke for it; sends no mail and no password')
    .argument('<address>', 'you@example.com, or a domain')
    .option('--save <name>', 'make a profile of what was found')
    .option('--yes', 'with --save: the name of the server was looked at')
    .option('--no-ispdb', 'ask no directory of other people')
    .option('--json', 'print the result as one JSON object')
    .option('--quiet', 'print errors only')
    .action(async (address: string, flags: DiscoverFlags) =>
      done(await (await import('./discover-command.js')).discoverCommand(address, flags)),
    )

  posthorn
    .command('completion')
    .description('print what makes a shell complete these commands and flags')
    .argument('<shell>', 'bash, zsh or fish')
    .action(async (shell: string) =>
      done(
        (await import('./completion-command.js')).completionCommand(
          shell,
          program(() => {}),
        ),
      ),
    )

  posthorn
    .command('tls-info')
    .description('the TLS versions, cipher suites and groups of this Node.js')
    .option('--json', 'print the result as one JSON object')
    .action(async (flags: OutputFlags) => done(await (await import('./tls-info-command.js')).tlsInfoCommand(flags)))

  posthorn
    .command('smime')
    .description('what S/MIME says about a message')
    .command('verify')
    .description('verify the signatures of a message, and open what is encrypted')
    .argument('<file>', 'the message; - reads it from standard input')
    .option('--ca <file>', 'the authorities that are trusted (PEM), in place of the well-known ones')
    .option('--any-signer', 'UNSAFE: do not ask who vouches for the signer; anybody can make such a signature')
    .option('--certificate <file>', 'certificates of signers who do not send theirs along')
    .option('--decrypt <file>', 'the certificate and key to read it with (PFX or PEM)')
    .option('--password-file <file>', 'a file with the password of that file on its first line')
    .option('--out <file>', 'write what was signed or encrypted to this file')
    .option('--json', 'print the result as one JSON object')
    .option('--quiet', 'print errors only')
    .action(async (file: string, flags: SmimeVerifyFlags) =>
      done(await (await import('./smime-command.js')).smimeVerifyCommand(file, flags)),
    )

  posthorn
    .command('sandbox')
    .description('a catch-all SMTP inbox on this machine: takes every message, sends none on')
    .option('--port <port>', 'where it listens; 0 for any free port', '2525')
    .option('--host <address>', 'the address it listens on', '127.0.0.1')
    .option('--dir <folder>', 'where messages are kept as .eml files (default: a temporary folder)')
    .option('--ca-out <file>', 'where the certificate to trust is written (default: ca.pem in the folder)')
    .option('--user <name>', 'demand this login (default: any login, or none)')
    .option('--password <word>', 'and this password: one made up for the sandbox')
    .option('--json', 'print JSON, one object on a line')
    .action(async (flags: SandboxFlags) => done(await (await import('./sandbox-command.js')).sandboxCommand(flags)))

  posthorn
    .command('demo')
    .description('see it work: a sandbox, three real messages, and the dialogue')
    .action(async () => done(await (await import('./demo/demo-command.js')).demoCommand()))
  return posthorn
}

function withDraft(command: Command): Command {
  return command
    .option('--from <mailbox>', 'who sends')
    .option('--to <mailboxes>', 'who gets it; may be given more than once', several)
    .option('--cc <mailboxes>', 'who gets a copy', several)
    .option('--bcc <mailboxes>', 'who gets a copy that the others do not see', several)
    .option('--reply-to <mailboxes>', 'where answers go', several)
    .option('--subject <text>', 'the subject')
    .option('--text <text>', 'the plain text')
    .option('--html <html>', 'the HTML text')
    .option('--html-file <file>', 'a file with the HTML text')
    .option('--attach <file>', 'attach a file; may be given more than once', several)
    .option('--inline <cid=file>', 'a picture the HTML shows by <img src="cid:...">', several)
    .option('--header <"Name: value">', 'a further header field', several)
    .option('--draft <file>', 'a draft in JSON, in place of these flags; - reads it from standard input')
}

function withProtection(command: Command): Command {
  return command
    .option('--sign <file>', 'sign by S/MIME with the certificate and key in this file (PFX or PEM)')
    .option('--sign-password-file <file>', 'a file with the password of that file on its first line')
    .option('--opaque', 'sign in one piece, unreadable without S/MIME, in place of a signature beside the text')
    .option('--encrypt <file>', 'encrypt by S/MIME; a file with the certificate of a recipient', several)
    .option('--cipher <name>', 'how it is encrypted: aes-256-cbc (default), aes-256-gcm, ...')
    .option('--dkim <domain:selector:file>', 'sign by DKIM with the private key in this file (PEM)', several)
}

/** How mail goes out; the flags that stand for settings are declared with the settings. */
function withWay(command: Command, json = 'print the result as one JSON object'): Command {
  command
    .option('--profile <name>', 'the way out: a profile by its name, or its file (default: the active one)')
    .option('--site <code>', 'what the profile says for this site')
    // not by Option.env(): then nobody could tell whether the flag or the variable said it, and an explicit --profile goes before the latter
    .option(
      '--server <url>',
      'smtp://user@host:port, smtps://..., lmtp://... or spool:///folder; options behind "?" (env: POSTHORN_SERVER, unless --profile is given)',
    )
  for (const { spec, says, weakens } of SETTING_FLAGS) command.option(spec, `${weakens ? 'UNSAFE: ' : ''}${says}`)
  return command
    .option('--oauth2 <file>', 'log in by access tokens, had as this JSON file says; see docs/oauth2.md')
    .option(
      '--proxy <url>',
      'go through this proxy: http, https, socks4, socks4a or socks5://user@host:port; or environment, system, none',
    )
    .option('--set <setting=value>', 'any other setting; may be given more than once; see docs/settings.md', several)
    .option('--trail', 'show the dialogue on standard error, without secrets')
    .option('--json', json)
    .option('--quiet', 'print errors only')
}

function several(value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}

const EXIT_CODES = `
Exit codes (sysexits.h):
  0   every recipient was delivered         69  the server cannot be used as asked
  64  the command was typed wrongly         74  sent, no reply: maybe delivered
  65  draft, address or message is wrong    75  try again later, unchanged
  66  a file cannot be read                 76  the other side does not speak SMTP
  67  recipients refused, all or some       77  the login was refused
  68  the server's name has no address      78  a setting is wrong or not safe`

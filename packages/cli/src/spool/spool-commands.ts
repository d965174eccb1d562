import type { Command } from 'commander'
import type { OutputFlags } from '../chosen-way.js'
import type { AddFlags } from './add-command.js'
import type { ProcessFlags } from './process-command.js'

/** Adds `posthorn spool ...`. @param withWay adds the flags that say how mail goes out, and `--json` with this sentence */
export function withSpool(
  posthorn: Command,
  done: (exitCode: number) => void,
  withWay: (command: Command, json: string) => Command,
): void {
  const spool = posthorn.command('spool').description('a folder of messages that wait to be sent, one file each')
  withFolder(spool.command('add'))
    .description('write a ready message from standard input into the folder, and print the name of its file')
    .option('--from <mailbox>', 'the envelope sender (default: as the header says)')
    .option('--to <mailboxes>', 'who gets it (default: To, Cc and Bcc); may be given more than once', several)
    .option('-t, --read-recipients', 'with --to: take recipients from To, Cc and Bcc, too')
    .option('--keep-bcc', 'leave Bcc in what is sent, for everybody to see')
    .option('--all', 'to be sent to all recipients or to none')
    .option('--notify <events>', 'ask for status notifications: never, or some of success,failure,delay')
    .option('--ret <part>', 'what a failure notification returns: full or headers')
    .option('--envid <text>', 'an identifier that notifications repeat')
    .option('--json', 'print the result as one JSON object')
    .option('--quiet', 'print errors only')
    .action(async (folder: string, flags: AddFlags) =>
      done(await (await import('./add-command.js')).spoolAddCommand(folder, flags)),
    )
  const sends = withFolder(spool.command('process'))
    .description('send what waits in the folder, the oldest first; any number of processes may do so at once')
    .option('--keep', 'keep what was sent, with names that end in .sent')
    .option('--watch', 'go on with what comes in, until Ctrl-C; what failed for now is tried again, later each time')
    .option('--concurrency <messages>', 'how many are sent at once', '1')
  withWay(sends, 'print JSON, one object on a line').action(async (folder: string, flags: ProcessFlags) =>
    done(await (await import('./process-command.js')).spoolProcessCommand(folder, flags)),
  )
  withFolder(spool.command('list'))
    .description('what is in the folder: state, age, size, sender, recipients, and why a message failed')
    .option('--json', 'print JSON, one object on a line')
    .option('--quiet', 'print errors only')
    .action(async (folder: string, flags: OutputFlags) =>
      done(await (await import('./list-command.js')).spoolListCommand(folder, flags)),
    )
  withFolder(spool.command('retry'))
    .description('let messages that failed wait again; all of them when none is named')
    .argument('[name...]', 'a file ending in .failed, as list shows it')
    .option('--json', 'print the result as one JSON object')
    .option('--quiet', 'print errors only')
    .action(async (folder: string, names: string[], flags: OutputFlags) =>
      done(await (await import('./retry-command.js')).spoolRetryCommand(folder, names, flags)),
    )
}

function withFolder(command: Command): Command {
  return command.argument('<folder>', 'the spool folder; it must be there')
}

function several(value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}

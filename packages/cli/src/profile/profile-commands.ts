import type { Command } from 'commander'
import type { OutputFlags } from '../chosen-way.js'
import type { ImportFlags } from './import-command.js'
import type { ExportFlags } from './export-command.js'
import type { VerifyFlags } from './verify-command.js'
import type { ExplainFlags } from './explain-command.js'
import type { ConfigureFlags } from './configure-command.js'

/** Adds `posthorn profile ...`. */
export function withProfiles(posthorn: Command, done: (exitCode: number) => void): void {
  const profile = posthorn
    .command('profile')
    .description('ways out, each in a file of its own: kept, made of what other products have, checked')
  withOutput(profile.command('list').description('the profiles there are; * marks the active one')).action(
    async (flags: OutputFlags) => done(await (await import('./list-command.js')).listCommand(flags)),
  )
  withOutput(
    profile
      .command('show')
      .description('what a profile says, without its secrets, and what is unsafe in it')
      .argument('[name]', 'a profile or its file (default: the active one)'),
  ).action(async (name: string | undefined, flags: OutputFlags) =>
    done(await (await import('./show-command.js')).showCommand(name, flags)),
  )
  withOutput(
    profile
      .command('set')
      .description('write settings into a profile; one that is not there yet is made')
      .argument('<name>', 'the profile')
      .argument('<setting=value...>', 'relay.host=smtp.example.com; without a value the setting is taken out'),
  ).action(async (name: string, values: string[], flags: OutputFlags) =>
    done(await (await import('./set-command.js')).setCommand(name, values, flags)),
  )
  withOutput(
    profile
      .command('use')
      .description('make a profile the active one, which is used when none is named')
      .argument('<name>', 'the profile'),
  ).action(async (name: string, flags: OutputFlags) =>
    done(await (await import('./set-command.js')).useCommand(name, flags)),
  )
  withOutput(
    profile
      .command('remove')
      .description('delete a profile that is not the active one')
      .argument('<name>', 'the profile'),
  ).action(async (name: string, flags: OutputFlags) =>
    done(await (await import('./set-command.js')).removeCommand(name, flags)),
  )
  withOutput(
    profile
      .command('import')
      .description('make a profile of the configuration of another product, and say what became of each line')
      .argument(
        '<file...>',
        'the file, and others that belong to it; - reads standard input; or a URL such as smtps://...',
      )
      .option('--format <name>', 'of which product it is, when the file does not show it (see profile formats)')
      .option('--name <name>', 'what the profile is called (default: after the source)')
      .option('--out <file>', 'write it to this file and not among the profiles; - is standard output')
      .option('--keep-secrets', 'leave passwords in the profile; they go into files of their own otherwise')
      .option('--replace', 'take the place of a profile of that name')
      .option('--use', 'make it the active one'),
  ).action(async (files: string[], flags: ImportFlags) =>
    done(await (await import('./import-command.js')).importCommand(files, flags)),
  )
  withOutput(
    profile
      .command('export')
      .description('write a profile in the words of another product, and say what it cannot say')
      .argument('[name]', 'a profile or its file (default: the active one)')
      .requiredOption('--format <name>', 'of which product (see profile formats)')
      .option('--with-secrets', 'write passwords, too, which are in files and variables otherwise')
      .option('--out <file>', 'write it to this file (default: standard output)'),
  ).action(async (name: string | undefined, flags: ExportFlags) =>
    done(await (await import('./export-command.js')).exportCommand(name, flags)),
  )
  withOutput(profile.command('formats').description('the formats that can be imported and exported')).action(
    async (flags: OutputFlags) => done(await (await import('./list-command.js')).formatsCommand(flags)),
  )
  withOutput(
    profile
      .command('explain')
      .description('where the value of a setting comes from, and what was said elsewhere')
      .argument('<name>', 'a profile or its file')
      .argument('<setting>', 'relay.port')
      .option('--site <code>', 'what the profile says for this site')
      .option(
        '--set <setting=value>',
        'as if this were given on the command line',
        (value: string, before: string[] = []) => [...before, value],
      ),
  ).action(async (name: string, setting: string, flags: ExplainFlags) =>
    done(await (await import('./explain-command.js')).explainCommand(name, setting, flags)),
  )
  withOutput(
    profile
      .command('verify')
      .description('check a profile with all it names: secrets, certificates, log, server and login; sends no mail')
      .argument('[name]', 'a profile or its file (default: the active one)')
      .option('--site <code>', 'what the profile says for this site')
      .option('--offline', 'do not connect'),
  ).action(async (name: string | undefined, flags: VerifyFlags) =>
    done(await (await import('./verify-command.js')).verifyCommand(name, flags)),
  )
  withOutput(
    profile
      .command('configure')
      .description('make a profile of a sender address; its server is found unless it is named')
      .argument('<name>', 'the profile')
      .requiredOption('--from <mailbox>', 'who sends')
      .option('--relay <host>', 'the name or IP address of the server'),
  ).action(async (name: string, flags: ConfigureFlags) =>
    done(await (await import('./configure-command.js')).configureCommand(name, flags)),
  )
}

function withOutput(command: Command): Command {
  return command.option('--json', 'print the result as one JSON object').option('--quiet', 'print errors only')
}

// Writes docs/cli-reference.md: every command of `posthorn` with its flags, as the program itself declares them. `--check` only compares.
import { program } from '@posthorn/cli'
import { settlePage } from './generated-page.mjs'
import { isMain } from './repository.mjs'

const HEAD = `# Every command and flag

<!-- Generated from packages/cli by scripts/cli-reference.mjs. \`npm run check\` fails when it differs. -->

What they are for and how they go together stands in [cli.md](cli.md). \`posthorn help COMMAND\` shows the same.

`

if (isMain(import.meta.url)) {
  await settlePage(
    'cli-reference.md',
    HEAD +
      [
        ...pages(
          program(() => {}),
          '',
        ),
      ].join('\n'),
    {
      command: 'node scripts/cli-reference.mjs',
    },
  )
}

/**
 * @param {import('commander').Command} command
 * @param {string} above the words before its name
 * @returns {Generator<string>}
 */
function* pages(command, above) {
  const name = `${above}${command.name()}`
  const own = [...command.commands].filter((each) => each.name() !== 'help')
  if (own.length === 0) yield page(command, name)
  for (const each of own) yield* pages(each, `${name} `)
}

/** @param {import('commander').Command} command @param {string} name */
function page(command, name) {
  const args = command.registeredArguments.map((each) =>
    each.required ? `${each.name().toUpperCase()}${each.variadic ? '...' : ''}` : `[${each.name().toUpperCase()}]`,
  )
  const help = command.createHelp()
  const options = help.visibleOptions(command).filter(({ long }) => long !== '--help')
  let text = `## ${[name, ...args].join(' ')}\n\n${sentence(command.description())}\n`
  const described = command.registeredArguments.filter(({ description }) => description)
  if (described.length > 0)
    text += `\n${described.map((each) => `- ${each.name().toUpperCase()}: ${escaped(each.description)}`).join('\n')}\n`
  if (options.length > 0) {
    text += '\n| flag | |\n| --- | --- |\n'
    for (const option of options)
      text += `| \`${option.flags.replaceAll('|', '\\|')}\` | ${escaped(help.optionDescription(option))} |\n`
  }
  return text
}

/** @param {string} text */
function sentence(text) {
  const whole = escaped(text)
  return `${whole.charAt(0).toUpperCase()}${whole.slice(1)}${/[.!]$/.test(whole) ? '' : '.'}`
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll('<', '&lt;').replaceAll('|', '\\|')
}

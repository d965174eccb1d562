import type { Command } from 'commander'
import { reportFailure } from './report.js'
import { usageError } from './usage-error.js'

/** A command as its words, with what may follow. */
interface Completed {
  readonly path: string
  readonly says: string
  readonly words: readonly string[]
  readonly flags: readonly (readonly [name: string, says: string])[]
}

const SHELLS = { bash, zsh, fish } as const

/** `posthorn completion SHELL`: a script to be sourced, made from the commands themselves. Gives the exit code. */
export function completionCommand(shell: string, posthorn: Command): number {
  try {
    if (!Object.hasOwn(SHELLS, shell))
      throw usageError(shell, 'is no shell that can be helped', `Use one of ${Object.keys(SHELLS).join(', ')}.`)
    process.stdout.write(SHELLS[shell as keyof typeof SHELLS]([...walk(posthorn, '')]))
    return 0
  } catch (error) {
    return reportFailure(error, {})
  }
}

function* walk(command: Command, above: string): Generator<Completed> {
  const path = `${above}${command.name()}`
  const own = command.commands.filter((each) => each.name() !== 'help')
  const flags = command.options.flatMap(({ long, description }) => (long ? [[long, description] as const] : []))
  yield {
    path,
    says: command.description(),
    words: own.map((each) => each.name()),
    flags: [...flags, ['--help', 'display help']],
  }
  for (const each of own) yield* walk(each, `${path} `)
}

/** Profiles lie in a folder, so a shell can list them without starting us. */
const PROFILES =
  'ls "${XDG_CONFIG_HOME:-$HOME/.config}/posthorn/profiles" 2>/dev/null | sed -n \'s/\\.\\(yaml\\|yml\\|json\\)$//p\''

function bash(commands: readonly Completed[]): string {
  const cases = commands
    .map(
      ({ path, words, flags }) =>
        `    ${quoted(path)}) words=${quoted([...words, ...flags.map(([name]) => name)].join(' '))} ;;`,
    )
    .join('\n')
  return `# posthorn completion for bash: eval "$(posthorn completion bash)"
_posthorn() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" path=posthorn words='' index
  for ((index = 1; index < COMP_CWORD; index++)); do
    case ': ${commands.map(({ path }) => path).join(' : ')} :' in *": $path \${COMP_WORDS[index]} :"*) path="$path \${COMP_WORDS[index]}" ;; esac
  done
  if [[ $before == --profile || $path =~ ^'posthorn profile '(show|set|use|remove|export|explain|verify)$ && $before == "\${path##* }" ]]; then
    COMPREPLY=($(compgen -W "$(${PROFILES})" -- "$current"))
    return
  fi
  case "$path" in
${cases}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ \${#COMPREPLY[@]} -gt 0 ]] || COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _posthorn posthorn
`
}

function zsh(commands: readonly Completed[]): string {
  return `#compdef posthorn
# posthorn completion for zsh: eval "$(posthorn completion zsh)"
autoload -U +X bashcompinit && bashcompinit
${bash(commands).split('\n').slice(1).join('\n')}`
}

function fish(commands: readonly Completed[]): string {
  const lines = commands.flatMap(({ path, words, flags }) => {
    const [, ...above] = path.split(' ')
    const seen = above.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ')
    const open = words.length === 0 ? '' : `not __fish_seen_subcommand_from ${words.join(' ')}`
    const when = [seen, open].filter((each) => each !== '').join('; and ')
    const condition = when === '' ? '' : ` -n ${quoted(when)}`
    const child = (word: string) => commands.find((each) => each.path === `${path} ${word}`)?.says ?? ''
    return [
      ...words.map((word) => `complete -c posthorn -f${condition} -a ${word} -d ${quoted(child(word))}`),
      ...flags.map(([name, says]) => `complete -c posthorn${condition} -l ${name.slice(2)} -d ${quoted(says)}`),
    ]
  })
  return `# posthorn completion for fish: posthorn completion fish | source
${lines.join('\n')}
complete -c posthorn -x -l profile -a ${quoted(`(${PROFILES})`)}
`
}

/** One word for a shell, whatever stands in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

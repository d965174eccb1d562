import { SETTINGS } from '@posthorn/settings'
import { FORMATS } from '@posthorn/settings/import'
import type { Command } from 'commander'
import { reportFailure } from './report.js'
import { usageError } from './usage-error.js'

/** A command as its words, with what may follow. */
interface Completed {
  readonly path: string
  readonly says: string
  readonly words: readonly string[]
  readonly flags: readonly (readonly [name: string, says: string])[]
  /** The flags that take a file or a folder. */
  readonly files: readonly string[]
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
    files: command.options.flatMap(({ long, flags: spec }) =>
      long && /[<=](?:file|folder)>/.test(spec) ? [long] : [],
    ),
  }
  for (const each of own) yield* walk(each, `${path} `)
}

/** Profiles lie in a folder, so a shell can list them without starting us; one name on each line. */
const PROFILES =
  "ls \"${XDG_CONFIG_HOME:-$HOME/.config}/posthorn/profiles\" 2>/dev/null | sed -n -e 's/\\.yaml$//p' -e 's/\\.yml$//p' -e 's/\\.json$//p'"

/** The commands of `profile` that take the name of one. */
const OF_ONE_PROFILE = ['show', 'set', 'use', 'remove', 'export', 'explain', 'verify'] as const

function bash(commands: readonly Completed[]): string {
  const cases = commands
    .map(
      ({ path, words, flags }) =>
        `    ${quoted(path)}) words=${quoted([...words, ...flags.map(([name]) => name)].join(' '))} ;;`,
    )
    .join('\n')
  const files = [...new Set(commands.flatMap((each) => each.files))].join('|')
  return `# posthorn completion for bash: eval "$(posthorn completion bash)"
_posthorn() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" path=posthorn words='' index name
  for ((index = 1; index < COMP_CWORD; index++)); do
    case ': ${commands.map(({ path }) => path).join(' : ')} :' in *": $path \${COMP_WORDS[index]} :"*) path="$path \${COMP_WORDS[index]}" ;; esac
  done
  COMPREPLY=()
  if [[ $before == --profile || $path =~ ^'posthorn profile '(${OF_ONE_PROFILE.join('|')})$ && $before == "\${path##* }" ]]; then
    # one on each line, since there may be blanks in a name; a backslash is what the shell puts before these
    while IFS= read -r name; do
      [[ $name == "\${current//\\\\/}"* ]] && COMPREPLY+=("$name")
    done < <(${PROFILES})
    return
  fi
  case "$path" in
    'posthorn completion') words='bash zsh fish' ;;
${cases}
  esac
  case "$before" in
    --format) words=${quoted(FORMATS.map(({ name }) => name).join(' '))} ;;
    --set) words=${quoted(settingWords('='))} ;;
    ${files}) words='' ;;
  esac
  [[ $path == 'posthorn profile explain' && $before != explain ]] && words=${quoted(settingWords(''))}
  [[ -n $words ]] && COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ \${#COMPREPLY[@]} -gt 0 ]] || COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _posthorn posthorn
`
}

function settingWords(behind: string): string {
  return [...SETTINGS.keys()].map((path) => `${path}${behind}`).join(' ')
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
    const condition = when === '' ? '' : ` -n ${fishQuoted(when)}`
    const child = (word: string) => commands.find((each) => each.path === `${path} ${word}`)?.says ?? ''
    return [
      ...words.map((word) => `complete -c posthorn -f${condition} -a ${word} -d ${fishQuoted(child(word))}`),
      ...flags.map(([name, says]) => `complete -c posthorn${condition} -l ${name.slice(2)} -d ${fishQuoted(says)}`),
    ]
  })
  const ofOne = `__fish_seen_subcommand_from profile; and __fish_seen_subcommand_from ${OF_ONE_PROFILE.join(' ')}`
  return `# posthorn completion for fish: posthorn completion fish | source
function __posthorn_profiles
  set -l home $HOME/.config
  set -q XDG_CONFIG_HOME; and set home $XDG_CONFIG_HOME
  for file in $home/posthorn/profiles/*.{yaml,yml,json}
    string replace -r '^.*/' '' -- $file | string replace -r '\\.(yaml|yml|json)$' ''
  end
end
${lines.join('\n')}
complete -c posthorn -x -l profile -a '(__posthorn_profiles)'
complete -c posthorn -f -n ${fishQuoted(ofOne)} -a '(__posthorn_profiles)'
complete -c posthorn -f -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'
`
}

/** One word for a POSIX shell, whatever stands in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** One word for fish, where a backslash counts between single quotes, too. */
function fishQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

/** Where text goes: a terminal, a pipe or a file. */
export interface Output {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  write(text: string): unknown
}

/** What begins a style, by SGR (ECMA-48 8.3.117). */
const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, magenta: 35, cyan: 36 } as const

export type Style = keyof typeof STYLES

/** Gives text a style, or leaves it alone where colours have no place. */
export type Paint = (style: Style, text: string) => string

/** Colours on a terminal that has them, unless NO_COLOR is set; FORCE_COLOR asks for them elsewhere. */
export function paintFor(out: Output, env: NodeJS.ProcessEnv = process.env): Paint {
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '' && env['FORCE_COLOR'] !== '0'
  const wanted = env['NO_COLOR'] === undefined || env['NO_COLOR'] === ''
  const able = out.isTTY === true && env['TERM'] !== 'dumb'
  return wanted && (able || forced) ? (style, text) => `\x1b[${STYLES[style]}m${text}\x1b[0m` : (_style, text) => text
}

/** True where characters outside ASCII arrive as they are. */
export function speaksUtf8(env: NodeJS.ProcessEnv = process.env): boolean {
  if (process.platform === 'win32') return env['WT_SESSION'] !== undefined
  return /utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '')
}

/** Text in lines that fit a terminal, the further ones indented; one line elsewhere, so that programs can read it. */
export function fold(text: string, out: Output, indent: number): string {
  if (out.isTTY !== true) return text
  const width = Math.max(20, (out.columns ?? 80) - 1)
  const lines: string[] = []
  let line: string | undefined
  for (const word of text.split(' ')) {
    const room = lines.length === 0 ? width : width - indent
    if (line !== undefined && line.length + 1 + word.length > room) {
      lines.push(line)
      line = word
    } else {
      line = line === undefined ? word : `${line} ${word}`
    }
  }
  lines.push(line ?? '')
  return lines.join(`\n${' '.repeat(indent)}`)
}

/** Text cut to a width, with a mark where something is missing. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 3))}...`
}

/** Text from strangers, made fit for a terminal: no control characters, nothing that turns the reading direction. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
}

/** `612 B`, `34.2 MB`: octets in decimal units. */
export function sizeText(octets: number): string {
  if (octets < 1000) return `${octets} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  let value = octets
  let unit = -1
  do {
    value /= 1000
    unit++
  } while (value >= 999.5 && unit < units.length - 1)
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`
}

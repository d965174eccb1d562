import { SettingsError, type Phase } from '@posthorn/ground'

/** One command, ready for the wire. Made by `command` alone. */
export interface Command {
  readonly phase: Phase
  /** With its CRLF. */
  readonly text: string
  /** What stands in the trail in its place when it carries a secret. */
  readonly shown: string | undefined
}

const UNSAFE = /[\x00-\x1f\x7f]/

/**
 * Makes a command of a line. The only place that ends a line, so the only place that must check: no control character gets into a
 * command, wherever it came from. Refuses, never strips.
 * @throws {SettingsError} `command.control-character`
 */
export function command(phase: Phase, line: string, shown?: string): Command {
  if (UNSAFE.test(line)) {
    const verb = /^[A-Za-z]*/.exec(shown ?? line)![0] // what begins a line may be a secret, too
    throw new SettingsError('command.control-character', verb || 'command', 'an argument has a control character', {
      hint: 'Remove line breaks and other control characters from addresses, names and options.',
    })
  }
  return { phase, text: `${line}\r\n`, shown }
}

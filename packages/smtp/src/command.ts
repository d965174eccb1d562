import { SettingsError, type Phase } from '@posthorn/ground'

/** One command line without its CRLF. `shown` stands in the trail in its place when it carries a secret. */
export interface Command {
  readonly phase: Phase
  readonly line: string
  readonly shown?: string
}

const UNSAFE = /[\x00-\x1f\x7f]/

/**
 * Refuses a command with a control character in it, wherever it came from; never strips.
 * @throws {SettingsError} `command.control-character`
 */
export function checkCommand(command: Command): Command {
  if (UNSAFE.test(command.line)) {
    const verb = /^[A-Za-z]*/.exec(command.line)![0]
    throw new SettingsError('command.control-character', verb || 'command', 'an argument has a control character', {
      hint: 'Remove line breaks and other control characters from addresses, names and options.',
    })
  }
  return command
}

/**
 * The octets of a command. The only place that ends a line, so it checks, even what was checked before.
 * @throws {SettingsError} `command.control-character`
 */
export function encodeCommand(command: Command): string {
  return `${checkCommand(command).line}\r\n`
}

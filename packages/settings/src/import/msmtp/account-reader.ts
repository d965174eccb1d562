import type { SettingValue } from '../../values.js'
import type { Verdict } from '../import.js'
import type { Place, ProfileDraft } from '../report.js'
import type { Account } from './account-file.js'

/** Reads the commands of one account; what is asked for is taken out. */
export class AccountReader {
  readonly draft: ProfileDraft
  readonly #commands: Map<string, { readonly argument: string; readonly line: number }>
  readonly #of: string

  constructor(draft: ProfileDraft, account: Account) {
    this.draft = draft
    this.#commands = new Map(account.commands)
    this.#of = account.name
  }

  has(command: string): boolean {
    return this.#commands.has(command)
  }

  place(command: string): Place {
    const line = this.#commands.get(command)?.line
    return { entry: command, ...(line === undefined ? {} : { line }), of: this.#of }
  }

  /** Its argument, which stays to be asked for. */
  peek(command: string): string | undefined {
    return this.#commands.get(command)?.argument
  }

  /** Its argument and where it stands; undefined when it is not written. */
  read(command: string): { readonly argument: string; readonly place: Place } | undefined {
    const argument = this.peek(command)
    if (argument === undefined) return undefined
    const place = this.place(command)
    this.#commands.delete(command)
    return { argument, place }
  }

  take(
    command: string,
    values: (argument: string) => readonly SettingValue[],
    verdict: Verdict = 'taken',
    note?: string,
  ): void {
    const read = this.read(command)
    if (!read) return
    if (read.argument === '') this.draft.say(read.place, 'ignored', 'it is empty, which stands for nothing')
    else this.draft.take(read.place, values(read.argument), verdict, note)
  }

  tell(command: string, verdict: Verdict, note: string): void {
    const read = this.read(command)
    if (read) this.draft.say(read.place, verdict, note)
  }

  rest(): string[] {
    return [...this.#commands.keys()]
  }
}

/** On or off; an empty argument is on. Undefined for another word. */
export function onOff(argument: string): boolean | undefined {
  return argument === '' || argument === 'on' ? true : argument === 'off' ? false : undefined
}

/** Digits as a number, anything else as it is, so that the setting refuses it. */
export function numberIn(argument: string): unknown {
  return /^\d{1,10}$/.test(argument) ? Number(argument) : argument
}

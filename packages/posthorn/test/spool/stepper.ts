import fs from 'node:fs'
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

const SYNC = ['renameSync', 'unlinkSync', 'linkSync', 'openSync', 'writeSync'] as const
const ASYNC = ['rename', 'unlink', 'open', 'writeFile', 'utimes', 'link'] as const
const OF_FILE = ['writeFile', 'write', 'sync'] as const

type Call = (...args: unknown[]) => unknown
type Holder = Record<string, Call>

/** One call that changes the disk: its name, and its first arguments that are strings. */
export interface Step {
  readonly name: string
  readonly paths: readonly string[]
}

type Told = (step: Step) => void | Promise<void>

/**
 * Stands between this process and all calls of the file system that change something, and is told of each before it is made: what `before` throws
 * is what the call says, and the call is not made. A synchronous one throws it, the others reject with it, and wait for what it
 * promises. `after` is told of those others once they were made, and they wait for it, too. Until it is disposed of.
 */
export class Stepper implements AsyncDisposable {
  readonly #undo: (() => void)[] = []

  static async start(before: Told, after: Told = () => {}): Promise<Stepper> {
    const stepper = new Stepper()
    const file = await promises.open(process.execPath)
    const ofFile = Object.getPrototypeOf(file) as Holder
    await file.close()
    for (const name of SYNC) stepper.#watch(fs as unknown as Holder, name, before, after, false)
    for (const name of ASYNC) stepper.#watch(promises as unknown as Holder, name, before, after, true)
    for (const name of OF_FILE) stepper.#watch(ofFile, name, before, after, true)
    syncBuiltinESMExports()
    return stepper
  }

  #watch(holder: Holder, name: string, before: Told, after: Told, isAsync: boolean): void {
    const original = holder[name]!
    const step = (args: readonly unknown[]): Step => ({ name, paths: args.filter((each) => typeof each === 'string') })
    holder[name] = isAsync
      ? async function (this: unknown, ...args: unknown[]): Promise<unknown> {
          const told = before(step(args))
          if (told) await told
          const result = await original.apply(this, args)
          const toldAfter = after(step(args))
          if (toldAfter) await toldAfter
          return result
        }
      : function (this: unknown, ...args: unknown[]): unknown {
          void before(step(args))
          return original.apply(this, args)
        }
    this.#undo.push(() => (holder[name] = original))
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const undo of this.#undo) undo()
    syncBuiltinESMExports()
    return Promise.resolve()
  }
}

/** What the system would say. */
export function fault(code: string): Error {
  return Object.assign(new Error(code), { code })
}

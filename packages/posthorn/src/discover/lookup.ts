import { PosthornError, unlessAborted } from '@posthorn/ground'
import { isAbsent } from './name-servers.js'
import type { Evidence } from './discovery.js'
import type { Steps } from './steps.js'

/** What a question to DNS came to. */
export interface Lookup<Item> {
  /** Undefined when there was no answer; empty when there is no such record. */
  readonly items: readonly Item[] | undefined
}

/**
 * One question to DNS, written down as a step. Never rejects but for the signal; what is no list counts as no answer.
 * @param say what the step tells of the answer
 */
export async function lookUp<Item>(
  steps: Steps,
  kind: Evidence['kind'],
  asked: string,
  signal: AbortSignal,
  ask: () => Promise<readonly Item[]>,
  say: (items: readonly Item[]) => string,
): Promise<Lookup<Item>> {
  const end = steps.begin(kind, asked)
  try {
    const items: unknown = await unlessAborted(ask(), signal)
    if (!Array.isArray(items)) throw new TypeError('the resolver gave no list')
    end(
      items.length === 0
        ? { status: 'none', answer: 'no such record' }
        : { status: 'found', answer: say(items as Item[]) },
    )
    return { items: items as Item[] }
  } catch (error) {
    if (!signal.aborted && isAbsent(error)) {
      end({ status: 'none', answer: 'no such record' })
      return { items: [] }
    }
    const reason = error instanceof PosthornError ? error.message : codeOf(error)
    end({ status: 'failed', answer: signal.aborted ? 'the time was over' : `no answer (${reason})` })
    return { items: undefined }
  }
}

function codeOf(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null)?.code
  return typeof code === 'string' ? code : error instanceof Error ? error.message : 'unknown'
}

import { startChild } from '../child.mjs'

/** A process with one composer in it, ready for `details`: see worker.mjs for what it can be asked. It has all CPUs. */
export async function startComposer(name, details) {
  const child = startChild({ program: 'composing/worker.mjs' })
  try {
    await child.ask('load', { name })
    await child.ask('open', details)
  } catch (error) {
    child.stop()
    throw error
  }
  return child
}

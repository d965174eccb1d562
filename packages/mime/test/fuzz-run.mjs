// Runs cases of the fuzzing: each is settled by the seed and its number alone, so that one can be run again.
import { inspect } from 'node:util'
import { Dice } from './fuzz-dice.mjs'
import { draftBy } from './fuzz-drafts.mjs'
import { judgeDraft } from './fuzz-judge.mjs'

export async function runCase(composer, seed, index) {
  const { draft, options } = draftBy(new Dice(seed, index))
  return judgeDraft(composer, draft, options)
}
export { draftBy, Dice, judgeDraft, inspect }

// Runs cases: each is settled by the seed and its number alone, so that one can be run again by itself.
import { inspect } from 'node:util'
import { Dice } from './fuzz-dice.mjs'
import { draftBy } from './fuzz-drafts.mjs'
import { judgeDraft } from './fuzz-judge.mjs'
import { judgeAddressed, judgeRaw, judgeRubbish } from './fuzz-judge-raw.mjs'
import { judgeParsers, typedBy } from './fuzz-parsers.mjs'
import { addressedBy, rawBy, rubbishBy } from './fuzz-raw.mjs'
import { judgeSamples } from './fuzz-samples.mjs'
import { shrunk } from './fuzz-shrink.mjs'

/** More failures than these are counted and not described. */
const MOST_DESCRIBED = 20
/** In place of dice: every sample is taken. */
const EVERYTHING = { one: () => true, pick: (list) => list.at(-1) }

/**
 * Runs the cases from `from` up to, not including, `to`: of ten, seven drafts, two texts for the parsers of addresses, one message that is
 * ready.
 * @returns {Promise<{ cases: number, counts: Record<string, number>, failed: number, failures: string[] }>} counts by what was done
 */
export async function runCases(composer, { seed, from = 0, to, mostDescribed = MOST_DESCRIBED }) {
  const counts = {}
  const count = (what, by = 1) => (counts[what] = (counts[what] ?? 0) + by)
  const failures = []
  let failed = 0
  for (let index = from; index < to; index++) {
    const judge = judgeOf(index)
    try {
      await judge(composer, seed, index, count)
    } catch (error) {
      failed++
      if (failures.length < mostDescribed) failures.push(await described(composer, seed, index, error))
    }
  }
  return { cases: to - from, counts, failed, failures }
}

function judgeOf(index) {
  const kind = index % 10
  if (kind < 7) return judgeDraftCase
  if (kind < 9) return judgeParserCase
  return [judgeRawCase, judgeAddressedCase, judgeRubbishCase][Math.floor(index / 10) % 3]
}

async function judgeDraftCase(composer, seed, index, count) {
  const dice = new Dice(seed, index)
  const { draft, options } = draftBy(dice)
  const composed = await judgeDraft(composer, draft, options)
  if (composed.refused !== undefined) {
    count('drafts refused')
    count(`refused: ${general(composed.refused)}`)
    return
  }
  count('drafts composed and read back')
  for (const field of composed.model.fields) count(`compared: ${field.key}`)
  countParts(composed.model.body, count)
  for (const what of await judgeSamples(composed, dice)) count(`sample: ${what}`)
}

/** A field without the numbers in it; a key that is none of a draft's is counted as one. */
function general(field) {
  return field
    .replace(/\[\d+\]/g, '[]')
    .replace(/^(?!(?:[a-z]+(?:\[\])?\.?)+$)(?=.*[^A-Za-z[\].]).*$/i, '(unknown key)')
}

function countParts(want, count) {
  if (want.parts) {
    count(`compared: ${want.type}`)
    for (const part of want.parts) countParts(part, count)
  } else count(`compared: ${want.what}`)
}

async function judgeParserCase(composer, seed, index, count) {
  const { strict, typed, refused } = judgeParsers(composer, typedBy(new Dice(seed, index)))
  count(strict ? 'address lists read strictly' : 'address lists read leniently')
  count('mailboxes read', typed)
  count('entries refused', refused)
}

async function judgeRawCase(composer, seed, index, count) {
  const dice = new Dice(seed, index)
  count(`ready messages ${await judgeRaw(composer, rawBy(dice), dice)}`)
}

async function judgeAddressedCase(composer, seed, index, count) {
  count(`envelopes of ready messages ${await judgeAddressed(composer, addressedBy(new Dice(seed, index)))}`)
}

async function judgeRubbishCase(composer, seed, index, count) {
  const refused = await judgeRubbish(composer, rubbishBy(new Dice(seed, index)))
  count(refused > 0 ? 'rubbish refused in part' : 'rubbish taken')
}

/** What went wrong, with the smallest draft for which the same does. */
async function described(composer, seed, index, error) {
  const problem =
    error instanceof Error
      ? `${error.name}: ${error.message}${error.name === 'Error' ? '' : `\n${error.stack}`}`
      : inspect(error)
  const head = `case ${index} of seed ${seed}: ${problem.slice(0, 2000)}`
  const judge = judgeOf(index)
  if (judge === judgeDraftCase) {
    const { draft, options } = await shrunk(
      () => draftBy(new Dice(seed, index)),
      async (made) => {
        const composed = await judgeDraft(composer, made.draft, made.options)
        if (composed.refused === undefined) await judgeSamples(composed, EVERYTHING)
      },
      error,
    )
    return `${head}\n${inspect({ draft, options }, { depth: 9, breakLength: 140 })}`
  }
  const dice = new Dice(seed, index)
  const input =
    judge === judgeParserCase
      ? typedBy(dice)
      : judge === judgeRawCase
        ? rawBy(dice).octets
        : judge === judgeAddressedCase
          ? addressedBy(dice)
          : rubbishBy(dice)
  return `${head}\n${JSON.stringify(Buffer.isBuffer(input) ? input.toString('latin1') : input)}`
}

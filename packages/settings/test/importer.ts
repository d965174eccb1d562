import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { checkProfile } from '../src/check-profile.js'
import type { Import, ImportFormat, ReportLine } from '../src/import/import.js'
import type { Profile } from '../src/profile/profile.js'

/** A format with its samples, whose secrets all have `Geheim` in them. */
export interface Importer {
  /** The files below `test/samples`, by their names. */
  readonly samples: readonly string[]
  readonly sample: (name: string) => string
  readonly imported: (text: string, files?: Record<string, string>) => Import
  /** The profile of a text that has one, checked. */
  readonly only: (text: string, files?: Record<string, string>) => Profile
  /** Two tests that every format passes: it recognises its samples and none of these texts, and its samples are imported without a secret said. */
  readonly itKnowsItsSamples: (others: readonly string[]) => void
}

export function importer(format: ImportFormat): Importer {
  const folder = new URL(`samples/${format.name}/`, import.meta.url)
  const samples = readdirSync(fileURLToPath(folder))
  const sample = (name: string) => readFileSync(new URL(name, folder), 'utf8')
  const imported = (text: string, files?: Record<string, string>) => format.import({ text, files })
  const only = (text: string, files?: Record<string, string>) => {
    const { profiles } = imported(text, files)
    expect(profiles).toHaveLength(1)
    return checkProfile(profiles[0]!.profile)
  }
  const itKnowsItsSamples = (others: readonly string[]) => {
    it('recognises its samples, and nothing of others', () => {
      for (const name of samples) expect(format.recognises({ text: sample(name) }), name).toBe(true)
      for (const text of others) expect(format.recognises({ text }), text).toBe(false)
    })
    it('shows no secret in its report, and gives every sample a profile that can be used', () => {
      expect(samples).not.toEqual([])
      for (const name of samples) {
        const { profiles, report } = imported(sample(name))
        for (const { profile } of profiles) expect(() => checkProfile(profile), name).not.toThrow()
        expect(JSON.stringify(report), name).not.toContain('Geheim')
      }
    })
  }
  return { samples, sample, imported, only, itKnowsItsSamples }
}

/** What the report says first about an entry. */
export const line = ({ report }: Import, entry: string): ReportLine | undefined =>
  report.find((each) => each.entry === entry)

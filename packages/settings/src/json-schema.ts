import { z } from 'zod'
import { PROFILE } from './profile/profile.js'
import { FACTS } from './setting.js'

/** The JSON Schema (draft 2020-12) of a profile file, for editors; with a sentence for each setting. */
export function profileJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(z.strictObject({ ...PROFILE.shape, sites: z.record(z.string(), PROFILE).optional() }), {
    unrepresentable: 'any',
    io: 'input',
    override({ zodSchema, jsonSchema }) {
      const facts = FACTS.get(zodSchema as unknown as z.ZodType)
      if (!facts) return
      jsonSchema.description = facts.says
      if (facts.default !== undefined && !String(facts.default).startsWith('(')) jsonSchema.default = facts.default
      if (facts.holds === 'secret' || facts.holds === 'content') {
        if (jsonSchema.anyOf) {
          delete jsonSchema.anyOf // a Secret cannot be written in a file
          jsonSchema.type = 'string'
          jsonSchema.minLength = 1
        }
        if (facts.holds === 'secret') jsonSchema.writeOnly = true
      }
    },
  })
  return { title: 'A profile of Posthorn', ...schema }
}

import { z } from 'zod'
import { PROFILE } from './profile/profile.js'
import { FACTS, type SettingFacts } from './setting.js'

/** One setting, with all that is known of it. */
export interface Setting extends SettingFacts {
  /** Where it stands in a profile: `relay.host`. */
  readonly path: string
  /** Judges a value. */
  readonly type: z.ZodType
  /** What it takes, so that a form or a flag can be made of it. */
  readonly kind: SettingKind
  /** The words it takes, when these are all. */
  readonly choices?: readonly (string | number)[] | undefined
  /** Least and greatest number. */
  readonly least?: number | undefined
  readonly most?: number | undefined
}

export type SettingKind = 'text' | 'number' | 'boolean' | 'choice' | 'list' | 'objects'

/** Every setting by its path, in the order of the reference. */
export const SETTINGS: ReadonlyMap<string, Setting> = new Map([...walk(PROFILE, '')].map((each) => [each.path, each]))

/** The groups: every path that has settings below it. */
export const GROUPS: ReadonlySet<string> = new Set(
  [...SETTINGS.keys()].flatMap((path) => {
    const parts = path.split('.')
    return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('.'))
  }),
)

/** By its name in `SmtpOptions`, which is its name in the query of a URL, too. */
export const SETTINGS_BY_SMTP_NAME: ReadonlyMap<string, Setting> = new Map(
  [...SETTINGS.values()].flatMap((each) => (each.smtp === undefined ? [] : [[each.smtp, each] as const])),
)

function* walk(type: z.ZodType, path: string): Generator<Setting> {
  const inner = type instanceof z.ZodOptional ? (type.unwrap() as z.ZodType) : type
  const facts = FACTS.get(inner)
  if (facts) {
    yield { ...facts, path, type: inner, ...shapeOf(inner) }
    return
  }
  if (!(inner instanceof z.ZodObject)) return
  for (const [key, member] of Object.entries<z.ZodType>(inner.shape))
    yield* walk(member, path === '' ? key : `${path}.${key}`)
}

function shapeOf(type: z.ZodType): Pick<Setting, 'kind' | 'choices' | 'least' | 'most'> {
  if (type instanceof z.ZodEnum) return { kind: 'choice', choices: type.options }
  if (type instanceof z.ZodLiteral) return { kind: 'choice', choices: [...type.values] as (string | number)[] }
  if (type instanceof z.ZodBoolean) return { kind: 'boolean' }
  if (type instanceof z.ZodNumber)
    return { kind: 'number', least: type.minValue ?? undefined, most: type.maxValue ?? undefined }
  if (!(type instanceof z.ZodArray)) return { kind: 'text' }
  const element: unknown = type.element
  if (element instanceof z.ZodObject) return { kind: 'objects' }
  return element instanceof z.ZodEnum ? { kind: 'list', choices: element.options } : { kind: 'list' }
}

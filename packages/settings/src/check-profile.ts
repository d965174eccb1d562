import { nearName, SettingsError } from '@posthorn/ground/portable'
import type { z } from 'zod'
import type { Profile } from './profile/profile.js'
import { looksLikeNames } from './looks-like-names.js'
import { rulesBroken } from './rules.js'
import { GROUPS, SETTINGS, type Setting } from './table.js'
import { isObject, valuesOf } from './values.js'

/** What is wrong with one setting. Never with its value, which may be a secret. */
export interface SettingProblem {
  readonly path: string
  /** `unknown`: no such setting. `value`: it cannot have this value. `rule`: it does not go with another one. */
  readonly kind: 'unknown' | 'value' | 'rule'
  /** What is wrong: "must be a whole number from 1 to 65535". */
  readonly problem: string
  /** What to do. */
  readonly fix: string
}

/** No more are looked for, and meant names are looked for with the first of them only. */
export const MAX_PROBLEMS = 1000
const MAX_SUGGESTED = 20

/** All that is wrong with what is given for a profile; empty when it can be used. */
export function profileProblems(given: unknown): SettingProblem[] {
  const problems = settingProblems(given)
  return problems.length > 0 ? problems : rulesBroken(given as Profile)
}

/** What is wrong with single settings, whatever else is there or missing: for a layer, which may say only a part. At most 1000 problems. */
export function settingProblems(given: unknown): SettingProblem[] {
  if (!isObject(given)) {
    return [{ path: 'profile', kind: 'value', problem: 'must be an object of settings', fix: PROFILE_EXAMPLE }]
  }
  const problems: SettingProblem[] = []
  for (const [path, value] of valuesOf(given)) {
    const setting = SETTINGS.get(path)
    if (setting) problems.push(...valueProblems(setting, value))
    else problems.push(unknownSetting(path, problems.length < MAX_SUGGESTED))
    if (problems.length >= MAX_PROBLEMS) break
  }
  return problems
}

/**
 * A profile, once everything in it has been checked.
 * @throws {SettingsError} `settings.unknown`, `settings.value`, `settings.rule`; the message names every problem, the field is the first
 */
export function checkProfile(given: unknown): Profile {
  const problems = profileProblems(given)
  if (problems.length > 0) throw problemsError(problems)
  return given as Profile
}

/** What is wrong with the value of one setting. */
export function valueProblems(setting: Setting, value: unknown): SettingProblem[] {
  const judged = setting.type.safeParse(value)
  if (judged.success) return []
  return judged.error.issues.slice(0, 10).map((issue) => problemOf(setting, issue, value))
}

/** One error that names them all. */
export function problemsError(problems: readonly SettingProblem[]): SettingsError {
  const [first, ...others] = problems
  const { path, kind, problem, fix } = first!
  const also = others.slice(0, 20).map((other) => `; ${other.path}: ${other.problem}`)
  const more = others.length > 20 ? `; and ${others.length - 20} more` : ''
  const facts = { hint: others.length === 0 ? fix : `${path}: ${fix}` }
  const message = `${problem}${also.join('')}${more}`
  if (kind === 'unknown') return new SettingsError('settings.unknown', path, message, facts)
  if (kind === 'rule') return new SettingsError('settings.rule', path, message, facts)
  return new SettingsError('settings.value', path, message, facts)
}

const MAX_GROUP = 100
const looksLikeName = looksLikeNames(
  [...SETTINGS.keys()],
  [
    ...['server', 'username', 'login', 'auth', 'secure', 'ssl', 'smtp', 'mail', 'email', 'to', 'cc', 'bcc', 'subject'],
    ...['text', 'html', 'body', 'message', 'account', 'option', 'options', 'setting', 'settings', 'value', 'default'],
    ...[
      'enable',
      'disable',
      'allow',
      'use',
      'debug',
      'trace',
      'verify',
      'version',
      'queue',
      'retry',
      'retries',
      'thread',
    ],
  ],
)

const PROFILE_EXAMPLE = 'Write { "relay": { "host": "smtp.example.com" } }.'

/** By whole path, and by the last part of it. */
const KNOWN_NAMES = [...SETTINGS.keys()].flatMap((name) => [name, name.slice(name.lastIndexOf('.') + 1)])

/**
 * A setting nobody knows. Its name is repeated only when it is near to a known one or made of words that names are made of: anything else
 * may be a piece of a password.
 * @param suggest false: what may have been meant is not looked for
 */
export function unknownSetting(given: string, suggest = true): SettingProblem {
  if (GROUPS.has(given)) {
    return { path: given, kind: 'value', problem: 'must be an object of settings', fix: PROFILE_EXAMPLE }
  }
  const meant = suggest ? nearName(given, KNOWN_NAMES) : undefined
  const place = meant === undefined || meant.includes('.') ? meant : pathEndingWith(meant)
  const shown = meant !== undefined || looksLikeName(given)
  const group = given.slice(0, Math.max(0, given.lastIndexOf('.', MAX_GROUP)))
  return {
    path: shown ? given : GROUPS.has(group) ? `a setting of ${group}` : 'a setting',
    kind: 'unknown',
    problem: 'is not known',
    fix: place === undefined ? 'Check the spelling; docs/settings.md lists every setting.' : `Did you mean ${place}?`,
  }
}

function pathEndingWith(name: string): string {
  const paths = [...SETTINGS.keys()].filter((path) => path === name || path.endsWith(`.${name}`))
  return paths.length <= 3 ? paths.join(' or ') : `${paths.slice(0, 3).join(', ')} or another ${name}`
}

function problemOf(setting: Setting, issue: z.core.$ZodIssue, value: unknown): SettingProblem {
  const within = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('')
  const path = `${setting.path}${within}`
  const problem = within === '' ? wholeProblem(setting, issue) : partProblem(issue)
  if (/^must be text\b/.test(problem)) {
    const kind = typeof partAt(value, issue.path)
    const read = kind === 'number' ? 'a number' : kind === 'boolean' ? 'true or false' : undefined
    if (read !== undefined)
      return { path, kind: 'value', problem: 'must be text', fix: `Put it in quotes: without them it is ${read}.` }
  }
  const usual =
    setting.default === undefined ? '' : `: it is then ${String(setting.default).replace(/^\((.*)\)$/, '$1')}`
  return { path, kind: 'value', problem, fix: `Correct the value, or leave the setting out${usual}.` }
}

function partAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value
  for (const key of path)
    at = typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined
  return at
}

/** What the setting takes, in words. */
function wholeProblem({ kind, choices, least, most }: Setting, issue: z.core.$ZodIssue): string {
  if (kind === 'choice') return `must be one of ${choices!.join(', ')}`
  if (kind === 'boolean') return 'must be true or false'
  if (kind === 'number') {
    if (most === undefined || most >= Number.MAX_SAFE_INTEGER) return `must be a whole number, ${least} or more`
    return `must be a whole number from ${least} to ${most}`
  }
  if (kind === 'list' && issue.code === 'invalid_type')
    return choices ? `must be a list of ${choices.join(', ')}` : 'must be a list of texts'
  if (kind === 'objects' && issue.code === 'invalid_type') return 'must be a list of objects'
  return partProblem(issue)
}

function partProblem(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.endsWith('received undefined') ? 'must be given' : `must be ${article(issue.expected)}`
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`
    case 'invalid_union':
      return 'must be text, and not empty'
    case 'invalid_format':
      return issue.message.startsWith('must') ? issue.message : 'is not well-formed'
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array'
        ? 'must not be empty'
        : `must be ${issue.minimum} or more`
    case 'too_big':
      return `must not be more than ${issue.maximum}${issue.origin === 'string' ? ' characters' : ''}`
    case 'unrecognized_keys':
      return 'has a name that is not known'
    default:
      return 'cannot be this'
  }
}

function article(expected: string): string {
  if (expected === 'string') return 'text'
  if (expected === 'array') return 'a list'
  if (expected === 'boolean') return 'true or false'
  return expected === 'int' ? 'a whole number' : `a ${expected}`
}

export {
  checkProfile,
  profileProblems,
  settingProblems,
  unknownSetting,
  valueProblems,
  type SettingProblem,
} from './check-profile.js'
export { environmentName, environmentValues } from './environment.js'
export { flagValues, SETTING_FLAGS, type SettingFlag } from './flags.js'
export { profileJsonSchema } from './json-schema.js'
export {
  explain,
  layered,
  shown,
  shownProfile,
  weaknesses,
  type Explanation,
  type Layer,
  type Layered,
  type Origin,
} from './layers.js'
export { valueFromText } from './parse-text.js'
export { PROFILE, type Profile } from './profile/profile.js'
export { proxyValues } from './proxy-url.js'
export { isPlain, parseReference, plainText, type Reference } from './secret-reference.js'
export type { Effect, SettingFacts } from './setting.js'
export { SETTINGS, SETTINGS_BY_SMTP_NAME, type Setting, type SettingKind } from './table.js'
export { fromValues, valueAt, valuesOf, type SettingValue } from './values.js'

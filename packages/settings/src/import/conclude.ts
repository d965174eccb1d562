import { profileProblems } from '../check-profile.js'
import type { Profile } from '../profile/profile.js'
import { valuesOf } from '../values.js'
import { malformed, missing, type Place, type ProfileDraft } from './report.js'

/** A round takes at least one setting out or switches the login off. */
const MAX_ROUNDS = 50

/** What is known of the source when all its entries are read. */
export interface Conclusion {
  /** The format, as it stands in messages. */
  readonly format: string
  /** What names the relay in it: `host`, `MailServer`. */
  readonly host: string
  /** Who sends a password, or a token, in the clear where there is no TLS, as the source has it; absent when nobody does. */
  readonly clearLogin?: string | undefined
  /** Where to report: the profile, the file. */
  readonly place?: Omit<Place, 'entry'> | undefined
}

/**
 * The end of an import: settings that do not go together are taken out or switched off, each with a line in the report, so that the profile
 * passes `checkProfile`.
 * @throws {SettingsError} `import.missing` without a relay, `import.format` for one that has no place, or when settings cannot be made to go together
 */
export function concluded(draft: ProfileDraft, { format, host, clearLogin, place }: Conclusion): Profile {
  for (let round = 0; ; round++) {
    const [broken] = profileProblems(draft.profile)
    if (!broken) break
    if (round >= MAX_ROUNDS) throw malformed(broken.path, broken.problem, broken.fix)
    const at = (entry: string): Place => ({ entry, ...place })
    if (broken.path === 'relay.host' && !draft.has('relay.host')) throw missing([host], format)
    // without its relay mail would go out another way
    if (broken.path === 'relay.host') throw malformed(host, broken.problem, broken.fix)
    if (broken.path === 'credentials.user' || broken.path === 'credentials.password') {
      const lacking = broken.path === 'credentials.user' ? 'user' : 'password'
      draft.take(
        at(`login without ${lacking}`),
        [['credentials.enabled', false]],
        'changed',
        `there is no ${lacking}, so what there is is kept and not used; give it and set credentials.enabled to true`,
      )
      continue
    }
    const out = outOf(broken.path, draft.profile)
    if (out.length === 0) throw malformed(broken.path, broken.problem, broken.fix)
    for (const path of out) draft.drop(path)
    draft.say(at(out.join(', ')), 'lost', `${broken.path} ${broken.problem}`)
  }
  if (clearLogin !== undefined) allowClearLogin(draft, clearLogin, place)
  return draft.profile
}

/** What is taken out for a rule: the setting, what stands in the group, or what asked for it. */
function outOf(path: string, profile: Profile): string[] {
  const asked = path === 'proxy.host' ? 'proxy.type' : path === 'logging.file.path' ? 'logging.destinations' : path
  return [...valuesOf(profile)].map(([each]) => each).filter((each) => each === asked || each.startsWith(`${asked}.`))
}

function allowClearLogin(draft: ProfileDraft, who: string, place: Conclusion['place']): void {
  const { security, credentials, oauth2 } = draft.profile
  const clear = security === 'none' || security === 'opportunistic'
  const login = [credentials?.password, credentials?.accessToken, oauth2].some((each) => each !== undefined)
  if (!clear || !login || credentials?.enabled === false || credentials?.allowCleartextAuth !== undefined) return
  draft.take(
    { entry: 'login without TLS', ...place },
    [['credentials.allowCleartextAuth', true]],
    'defaulted',
    `${who} logs in without TLS, too, where anyone on the way can read it; better: security starttls or implicit, and without this`,
  )
}

import { shownName, type ShownName } from '../shown-name.js'
import type { FieldEntry } from './entries.js'
import { KNOWN_FIELDS } from './fields.js'

/** Words that may stand in the name of a field nobody knows; anything else may be a piece of a password. */
const WORDS = [
  ...new Set(KNOWN_FIELDS.flatMap((field) => field.match(/[A-Z]+[a-z0-9]*/g) ?? [])),
  ...[
    'SMTP',
    'SSL',
    'TLS',
    'MIME',
    'Mail',
    'Address',
    'Enable',
    'Default',
    'Setting',
    'Settings',
    'Option',
    'Certificates',
  ],
  ...[
    'Size',
    'Max',
    'Format',
    'Charset',
    'Encoding',
    'Comment',
    'Notes',
    'Version',
    'Date',
    'Created',
    'Modified',
    'Test',
  ],
]
const NAME_LIKE = new RegExp(`^(?:(?:${WORDS.join('|')})[ ._-]?){1,6}$`, 'i')

/** So many are compared with all fields: a file of nothing else is not one of these. */
const MAX_MEANT = 100

/** How entries nobody knows may stand in the report of one import, and what may be meant by the first of them. */
export function unknownNames(): (entry: FieldEntry) => ShownName {
  let count = 0
  return ({ path }) => shownName(path.join('.'), count++ < MAX_MEANT ? KNOWN_FIELDS : [], NAME_LIKE)
}

/** More are no name. */
const MAX_NAME = 60

/** What a profile is called in messages: its name when it looks like one, else its number. The rest of a line may have stood in its place. */
export function shownProfile(name: string | undefined, number: number): string {
  const looks = name !== undefined && name.length <= MAX_NAME && /^[\p{L}\p{N}][\p{L}\p{N} ._@()&/+#-]*$/u.test(name)
  return looks ? name : `profile ${number}`
}

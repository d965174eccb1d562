import { SESSION_NAMES, shownName as shownProperty, SMTP_NAMES } from '../javamail/property-names.js'
import { shownName, type ShownName } from '../shown-name.js'
import { propertyName } from './mail-properties.js'
import { OPTIONS } from './options.js'

/** The options of a section [smtp-client] that are read. */
export const NAMES: readonly string[] = [...OPTIONS.keys(), 'secret']

/** Words of the names of options beside those that are read; anything else may be a piece of a password with a line end in it. */
const OTHER_WORDS = [
  ...['pop', 'smtp', 'imap', 'ews', 'client', 'mailbox', 'email', 'mail', 'processing', 'log', 'logs', 'logging'],
  ...['verbose', 'standard', 'all', 'trace', 'debug', 'interaction', 'settings', 'options', 'inbound', 'outbound'],
  ...['transactions', 'transaction', 'autoresponse', 'autobot', 'endpoints', 'license', 'proxy', 'use', 'useproxy'],
  ...['leave', 'msg', 'msgs', 'message', 'messages', 'on', 'folder', 'path', 'cycle', 'maximum', 'max', 'minimum'],
  ...[
    'min',
    'number',
    'count',
    'allow',
    'bad',
    'delete',
    'enable',
    'disable',
    'buffering',
    'segment',
    'expire',
    'keep',
  ],
  ...['startup', 'file', 'format', 'level', 'default', 'queue', 'charset', 'encoding', 'attachment', 'attachments'],
  ...['retry', 'retries', 'threads', 'directory', 'report', 'address', 'name', 'description', 'comment', 'cleanup'],
  ...[
    'period',
    'interval',
    'timeout',
    'host',
    'login',
    'username',
    'subject',
    'header',
    'headers',
    'from',
    'to',
    'key',
  ],
]
const WORDS = [
  ...new Set([...NAMES, ...SMTP_NAMES, ...SESSION_NAMES].flatMap((name) => name.split(/[-.]/)).concat(OTHER_WORDS)),
]
const NAME_LIKE = new RegExp(`^(?:${WORDS.join('|')})(?:[-._](?:${WORDS.join('|')})){0,8}$`, 'i')
/** Sections whose names go on with a name of their own. */
const NAMED_SECTION = /^(?:smtp-client|pop-client|secret)(?:[-_. ][\w.-]{1,40})?$/i

/** The name of an option as it may stand in a report. */
export function shownOption(name: string): string {
  const property = propertyName(name)
  if (property !== undefined) return shownProperty(property) === property ? name : shownProperty(property)
  return NAME_LIKE.test(name) ? name : 'an entry'
}

/** The name of a section as it may stand in a report. */
export function shownSection(name: string): string {
  return NAMED_SECTION.test(name) || NAME_LIKE.test(name) ? name : 'a section'
}

/** The name of an option nobody knows, and which one may be meant. */
export function unknownOption(name: string): ShownName {
  return shownName(name, NAMES, NAME_LIKE)
}

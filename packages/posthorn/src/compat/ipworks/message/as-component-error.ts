import { SettingsError } from '@posthorn/ground'
import { IPWorksError, invalidArgument } from '../ipworks-error.js'
import { errorText } from '../table/errors.js'

/** The properties by the names that a draft has for them. */
const PROPERTIES: Readonly<Record<string, string>> = {
  from: 'From',
  to: 'SendTo',
  cc: 'Cc',
  replyTo: 'ReplyTo',
  subject: 'Subject',
  messageId: 'MessageId',
  readReceiptTo: 'ReadReceiptTo',
  returnReceiptTo: 'DeliveryNotificationTo',
}

/** What writing a header section threw, in the numbers of the document: 434 where `Charset` lacks a character, else 10022. */
export function asComponentError(error: unknown): unknown {
  if (!(error instanceof SettingsError)) return error
  const problem = error.message.slice(error.field.length + 2)
  if (error.code === 'compose.charset-lacks') {
    return new IPWorksError(434, `${errorText(434)}: ${problem}`, { cause: error })
  }
  const [draftName = '', entry = ''] = /^(\w+)(.*)$/.exec(error.field)?.slice(1) ?? []
  return invalidArgument((PROPERTIES[draftName] ?? draftName) + entry, problem, error)
}

import type { SettingValue } from '../../values.js'
import { readMailbox } from '../named-mailbox.js'
import { malformed, type Place } from '../report.js'
import type { JavaMailProperties, Understood } from './javamail-properties.js'
import { words } from './tls-properties.js'

/** What is asked of the server for each message, and who is its sender. */
export function applyDelivery(properties: JavaMailProperties): void {
  applySenders(properties)
  applyNotifications(properties)
  applyPartial(properties)
  applyEncodings(properties)
  const submitter = properties.text('mail.smtp.submitter')
  if (submitter) properties.take(submitter, [['delivery.submitter', submitter.value]])
  const extension = properties.text('mail.smtp.mailextension')
  if (extension) applyExtension(properties, extension)
  const chunk = properties.number('mail.smtp.chunksize')
  if (chunk && chunk.value > 0) properties.take(chunk, [['relay.chunkOctets', chunk.value]])
  else if (chunk) properties.take(chunk, [['relay.chunking', 'off']])
}

/** A mailbox, or one with a display name, as settings; text that is neither makes the entry lost. */
export function authorValues(text: string): SettingValue[] {
  const { mailbox, name } = readMailbox(text) ?? { mailbox: text }
  return [['sender.from', mailbox], ...(name === undefined ? [] : [['sender.name', name] as const])]
}

function applySenders(properties: JavaMailProperties): void {
  const author = properties.text('mail.from')
  if (author) properties.take(author, authorValues(author.value))
  const reversePath = properties.text('mail.smtp.from')
  if (reversePath)
    properties.take(reversePath, [['sender.returnPath', reversePath.value.replace(/^<([^<>]*)>$/, '$1')]])
  const [user, host] = [properties.text('mail.user'), properties.text('mail.host')]
  if (
    user?.entry.place.entry !== 'mail.user' ||
    !host ||
    !/^[\w.+-]{1,64}$/.test(user.value) ||
    !/^[\w.-]{1,255}$/.test(host.value)
  )
    return
  properties.defaulted('mail.from', [['sender.from', `${user.value}@${host.value}`]], 'mail.user at mail.host')
}

const NOTIFY = ['NEVER', 'SUCCESS', 'FAILURE', 'DELAY']

function applyNotifications(properties: JavaMailProperties): void {
  const notify = properties.text('mail.smtp.dsn.notify')
  if (notify) {
    const asked = [...new Set(words(notify.value.replaceAll(',', ' ')))]
    if (
      asked.length === 0 ||
      asked.some((each) => !NOTIFY.includes(each)) ||
      (asked.includes('NEVER') && asked.length > 1)
    ) {
      throw malformed(
        notify.entry.place.entry,
        'must be NEVER, or some of SUCCESS, FAILURE and DELAY',
        'Put commas between them.',
      )
    }
    properties.take(notify, [['delivery.dsn.notify', asked.map((each) => each.toLowerCase())]])
  }
  const ret = properties.text('mail.smtp.dsn.ret')
  if (!ret) return
  if (ret.value !== 'FULL' && ret.value !== 'HDRS') {
    throw malformed(ret.entry.place.entry, 'must be FULL or HDRS', 'Correct it, or leave it out.')
  }
  properties.take(ret, [['delivery.dsn.ret', ret.value === 'FULL' ? 'full' : 'headers']])
}

function applyPartial(properties: JavaMailProperties): void {
  const partial = properties.flag('mail.smtp.sendpartial', false)
  const refused = (value: 'stop' | 'continue') =>
    ['to', 'cc', 'bcc'].map((kind): SettingValue => [`delivery.onRefused.${kind}`, value])
  if (partial) properties.take(partial, refused(partial.value ? 'continue' : 'stop'))
  properties.defaulted(
    'mail.smtp.sendpartial',
    refused('stop'),
    'nobody gets a message of which one recipient is refused',
  )
  const success = properties.flag('mail.smtp.reportsuccess', false)
  if (success) properties.say(success.entry, 'ignored', 'a receipt always names who got the message and who did not')
}

function applyEncodings(properties: JavaMailProperties): void {
  const eightBit = properties.flag('mail.smtp.allow8bitmime', false)
  if (eightBit) properties.take(eightBit, [['delivery.transferEncoding', eightBit.value ? '8bit' : '7bit']])
  const utf8 = properties.flag('mail.mime.allowutf8', false)
  if (utf8?.value) {
    properties.take(
      utf8,
      [['delivery.smtpUtf8', 'when-offered']],
      'SMTPUTF8 is said where the server offers it; header fields stay encoded, which every reader understands',
    )
  } else if (utf8) properties.take(utf8, [['delivery.smtpUtf8', 'auto']])
  const charset = properties.text('mail.mime.charset')
  if (charset) properties.take(charset, [['headers.charset', charset.value]])
}

function applyExtension(properties: JavaMailProperties, extension: Understood<string>): void {
  refuseLineEnds(extension.value, extension.entry.place)
  properties.take(
    extension,
    [['delivery.mailParameters', words(extension.value)]],
    'each is sent where the server offers its keyword',
  )
}

function refuseLineEnds(text: string, { entry }: Place): void {
  if (/\p{Cc}/u.test(text))
    throw malformed(entry, 'has a control character or a line end', 'It stands in one line of the dialogue.')
}

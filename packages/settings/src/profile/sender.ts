import { group, line, mailbox, setting } from './parts.js'

/** Who sends, where a draft does not say it. */
export const sender = group({
  from: setting(mailbox(), {
    says: 'The author of every draft that names none; its mailbox is the reverse-path, too.',
    effect: 'message',
    from: [
      'illiad.key.EMailFromAddress',
      'beyondtrust.general.SenderEmail',
      'runmyjobs.registry.From',
      'javamail.mail.from',
    ],
  }),
  name: setting(line(), {
    says: 'The name shown with that author.',
    effect: 'message',
    from: ['illiad.key.EMailFromName', 'beyondtrust.general.SenderName'],
  }),
  returnPath: setting(mailbox(), {
    says: 'The reverse-path of every message, where status notifications go, when it is not the author.',
    effect: 'message',
    from: ['javamail.mail.smtp.from', 'ipworks.prop.ReturnPath'],
  }),
  replyTo: setting(line(), {
    says: 'Where answers go.',
    effect: 'message',
    from: ['beyondtrust.general.ReplyToEmail', 'ipworks.prop.ReplyTo'],
  }),
  organization: setting(line(), {
    says: 'The organization of the author (Organization).',
    effect: 'message',
    from: ['beyondtrust.general.Organization'],
  }),
  readReceiptTo: setting(mailbox(), {
    says: 'Who is told by the reader that a message was read (Disposition-Notification-To, RFC 8098).',
    effect: 'message',
    from: ['beyondtrust.general.ReadReceiptsEmail', 'ipworks.prop.ReadReceiptTo'],
  }),
  deliveryReceiptTo: setting(mailbox(), {
    says: 'Who is told that a message arrived (Return-Receipt-To). When it is the reverse-path, too, a success notification is asked for in the envelope (RFC 3461).',
    effect: 'message',
    from: ['beyondtrust.general.ReturnReceiptToEmail', 'ipworks.prop.DeliveryNotificationTo'],
  }),
  defaultRecipient: setting(mailbox(), {
    says: 'Who gets a draft that has nobody in To. Without it a draft without any recipient is refused.',
    effect: 'message',
    from: ['illiad.key.EMailNoAccountAddress'],
  }),
})

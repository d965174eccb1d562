// A table: services that show in mail exchangers and are not, or not only, where mail is submitted.
import type { Provider } from '../provider.js'
import { at, MX_LIST, provider, ZONES } from './provider-row.js'

export const NO_MAILBOXES: readonly Provider[] = [
  provider(
    'amazon',
    'Amazon SES or WorkMail',
    [...at('smtp.mail.{region}.awsapps.com', 465), ...at('email-smtp.{region}.amazonaws.com', 465, 587)],
    [
      'https://docs.aws.amazon.com/ses/latest/dg/receiving-email-mx-record.html',
      'https://docs.aws.amazon.com/workmail/latest/userguide/using_IMAP.html',
      'https://docs.aws.amazon.com/ses/latest/dg/smtp-connect.html',
    ],
    {
      mx: ['inbound-smtp.{region}.amazonaws.com'],
      login: 'given',
      note: 'WorkMail logs in with the address (it ends on 2027-03-31); SES with SMTP credentials of the same region, which are not the access key.',
    },
  ),
  provider('cloudflare', 'Cloudflare Email Routing', [], [ZONES], {
    mx: ['mx.cloudflare.net'],
    kind: 'inbound',
    note: 'It forwards mail that comes in; the domain sends through somebody else.',
  }),
  provider('mimecast', 'Mimecast', [], [MX_LIST], {
    mx: ['mimecast.com'],
    kind: 'filter',
    note: 'A filter in front of the mailboxes: who has them cannot be told from the mail exchangers.',
  }),
  provider('proofpoint', 'Proofpoint', [], [MX_LIST], {
    mx: ['pphosted.com', 'ppe-hosted.com'],
    kind: 'filter',
    note: 'A filter in front of the mailboxes: who has them cannot be told from the mail exchangers.',
  }),
]

// A table: hosters of domains and mail.
import type { Provider } from '../provider.js'
import { at, LIST, MX_LIST, provider, ZONES } from './provider-row.js'

export const HOSTING: readonly Provider[] = [
  provider(
    'ovh',
    'OVHcloud',
    at('ssl0.ovh.net', 465, 587),
    ['https://www.quai-des-entrepreneurs.com/ovh-mail', MX_LIST],
    {
      mx: ['mail.ovh.net', 'mx0.ovh.net', 'mx1.ovh.net'],
      note: 'Exchange and Zimbra plans have a server of their own, named in the control panel.',
    },
  ),
  provider(
    'gandi',
    'Gandi',
    at('mail.gandi.net', 465, 587),
    [
      'https://oldwiki.gandi.net/en/mail/standard-settings.html',
      'https://helpdesk.gandi.net/hc/en-us/articles/10766256007324-I-can-send-my-emails-but-the-recipients-don-t-receive-them',
      'http://wiki.gandi.net/en/mail/create-email-mailbox?do=backlink',
    ],
    { mx: ['mail.gandi.net'] },
  ),
  provider(
    'infomaniak',
    'Infomaniak',
    at('mail.infomaniak.com', 465),
    ['https://infomaniak.com/en/support/faq/admin2/email-service?i=2', ZONES],
    { mx: ['mta-gw.infomaniak.ch'] },
  ),
  provider('migadu', 'Migadu', at('smtp.migadu.com', 465), [`${LIST}migadu.com.xml`], {
    domains: 'migadu.com',
    mx: ['migadu.com'],
  }),
  provider('rackspace', 'Rackspace Email', at('secure.emailsrvr.com', 465), [`${LIST}emailsrvr.com.xml`, MX_LIST], {
    domains: 'emailsrvr.com',
    mx: ['emailsrvr.com'],
  }),
  provider(
    'godaddy',
    'GoDaddy Workspace Email',
    at('smtpout.secureserver.net', 465),
    ['settings of customers in public repositories', MX_LIST],
    { mx: ['secureserver.net'] },
  ),
  provider(
    'namecheap',
    'Namecheap Private Email',
    at('mail.privateemail.com', 465, 587),
    [
      'https://mailflowauthority.com/email-infrastructure/private-email-imap-settings',
      'https://namecheap.com/support/knowledgebase/article.aspx/1262/2176/what-does-namecheap-private-email-dns-verification-imply',
    ],
    { mx: ['privateemail.com'] },
  ),
  provider('hostinger', 'Hostinger', at('smtp.hostinger.com', 465), ['https://nanopo.st/hosting/hostinger/', ZONES], {
    mx: ['hostinger.com'],
  }),
  provider('one-com', 'one.com', at('send.one.com', 465), [`${LIST}one.com.xml`], {
    domains: 'one.com',
    mx: ['one.com'],
  }),
  provider('pobox', 'Pobox', at('smtp.pobox.com', 465, 587), [`${LIST}pobox.com.xml`], {
    domains: 'pobox.com',
    mx: ['pobox.com'],
  }),
  provider('purelymail', 'Purelymail', at('mailserver.purelymail.com', 465), [`${LIST}purelymail.com.xml`], {
    domains: 'purelymail.com',
    mx: ['purelymail.com'],
  }),
  provider('runbox', 'Runbox', at('mail.runbox.com', 465, 587), ['https://help.runbox.com/email-program-settings/'], {
    domains: 'runbox.com runbox.no runbox.us',
    mx: ['mx.runbox.com'],
    login: 'given',
    note: 'The login name is the primary address, or the local part for addresses of Runbox. With two-factor authentication programs need an app password.',
  }),
  provider('vivaldi', 'Vivaldi Mail', at('smtp.vivaldi.net', 465, 587), [`${LIST}vivaldi.net.xml`], {
    domains: 'vivaldi.net',
  }),
]

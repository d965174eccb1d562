// A table: mail services for people everywhere.
import type { Provider } from '../provider.js'
import { APP, at, LIST, MX_LIST, POSSIBLE, provider, TWO_STEP, ZONES } from './provider-row.js'

export const WORLDWIDE: readonly Provider[] = [
  provider(
    'gmail',
    'Gmail',
    at('smtp.gmail.com', 465, 587),
    [`${LIST}googlemail.com.xml`, 'https://prospeo.io/s/setup-smtp-gmail'],
    {
      domains: 'gmail.com googlemail.com',
      password: 'app',
      oauth2: { need: 'possible', provider: 'google' },
      note: 'The password of the account is not taken: use OAuth2, or an app password, which needs two-step verification.',
    },
  ),
  provider(
    'google-workspace',
    'Google Workspace',
    at('smtp.gmail.com', 465, 587),
    [
      `${LIST}googlemail.com.xml`,
      'https://prospeo.io/s/setup-smtp-gmail',
      'https://www.domainindia.com/login/knowledgebase/742/Google-Workspace---Email-Settings--Ports-Servers-SSL-and-Client-Configuration-Guide.html',
    ],
    {
      domains: 'google.com',
      mx: ['aspmx.l.google.com', 'smtp.google.com', 'googlemail.com'],
      password: 'app',
      oauth2: { need: 'possible', provider: 'google' },
      note: 'The password of the account is not taken: use OAuth2 or an app password. smtp-relay.gmail.com is for whole networks.',
    },
  ),
  provider('outlook', 'Outlook.com', at('smtp-mail.outlook.com', 587), [`${LIST}hotmail.com.xml`], {
    domains:
      'outlook.com hotmail.com live.com msn.com windowslive.com outlook.de outlook.fr outlook.es outlook.it outlook.at outlook.be ' +
      'outlook.dk outlook.ie outlook.in outlook.jp outlook.com.br hotmail.de hotmail.fr hotmail.it hotmail.es hotmail.nl hotmail.se ' +
      'hotmail.co.uk hotmail.ca hotmail.be live.de live.fr live.it live.nl live.be live.ca live.se live.dk live.co.uk',
    mx: ['olc.protection.outlook.com'],
    oauth2: { need: 'required', provider: 'microsoft' },
    note: 'Passwords are not taken: the login needs OAuth2.',
  }),
  provider(
    'microsoft-365',
    'Microsoft 365',
    at('smtp.office365.com', 587),
    [
      `${LIST}office365.com.xml`,
      'https://www.kjctech.net/options-to-send-emails-using-microsoft-365/',
      'https://rental-server.net/us_1/office-365-smtp-server',
    ],
    {
      domains: 'office365.com onmicrosoft.com *.onmicrosoft.com',
      mx: ['mail.protection.outlook.com', 'mx.microsoft'],
      oauth2: { need: 'required', provider: 'microsoft' },
      note: 'SMTP AUTH must be switched on for the mailbox, and passwords are being retired: use OAuth2. Direct send (port 25 of the own mail exchanger, without login) reaches the own organisation alone.',
    },
  ),
  provider(
    'yahoo',
    'Yahoo Mail',
    at('smtp.mail.yahoo.com', 465, 587),
    [`${LIST}yahoo.com.xml`, 'https://xenocept.com/docs/email-setup/yahoo.html', MX_LIST],
    {
      domains:
        'yahoo.com ymail.com rocketmail.com myyahoo.com yahoo.de yahoo.it yahoo.fr yahoo.es yahoo.se yahoo.co.in yahoo.co.uk yahoo.co.nz ' +
        'yahoo.com.au yahoo.com.ar yahoo.com.br yahoo.com.mx cox.net',
      mx: ['am0.yahoodns.net'],
      password: 'app',
      oauth2: POSSIBLE,
      note: APP,
    },
  ),
  provider('aol', 'AOL Mail', at('smtp.aol.com', 465), [`${LIST}aol.com.xml`, `${LIST}verizon.net.xml`, MX_LIST], {
    domains: 'aol.com aim.com netscape.net compuserve.com verizon.net aol.de aol.it aol.fr aol.es aol.se aol.co.uk',
    mx: ['gm0.yahoodns.net', 'mx.aol.com'],
    oauth2: POSSIBLE,
  }),
  provider(
    'icloud',
    'iCloud Mail',
    at('smtp.mail.me.com', 587),
    [`${LIST}me.com.xml`, 'https://meshworld.in/blog/devops/email/icloud-smtp-server', MX_LIST],
    { domains: 'icloud.com me.com mac.com', mx: ['mail.icloud.com'], password: 'app', note: APP },
  ),
  provider(
    'fastmail',
    'Fastmail',
    at('smtp.fastmail.com', 465),
    ['https://www.fastmail.com/help/technical/servernamesandports.html', `${LIST}messagingengine.com.xml`, ZONES],
    {
      domains: 'fastmail.com fastmail.fm messagingengine.com',
      mx: ['messagingengine.com'],
      password: 'app',
      note: 'The password of the account is never taken: make an app password.',
    },
  ),
  provider(
    'proton',
    'Proton Mail',
    at('smtp.protonmail.ch', 587),
    ['https://proton.me/support/smtp-submission', 'https://mxrecordchecker.com/resources/protonmail-mx-records'],
    {
      domains: 'proton.me protonmail.com protonmail.ch pm.me',
      mx: ['mail.protonmail.ch', 'mailsec.protonmail.ch'],
      password: 'token',
      note: 'Needs an SMTP token, which is made for addresses of an own domain on some paid plans. Everybody else sends through Proton Mail Bridge on this machine (127.0.0.1 port 1025, STARTTLS).',
    },
  ),
  provider(
    'zoho',
    'Zoho Mail',
    at('smtp.zoho.com', 465, 587),
    [
      `${LIST}zoho.com.xml`,
      'https://wiki.stretchpowered.com/books/zoho/page/how-to-configure-email-server-with-zoho-smtp-settings',
    ],
    { domains: 'zoho.com zohomail.com', note: TWO_STEP },
  ),
  provider('zoho-eu', 'Zoho Mail, Europe', at('smtp.zoho.eu', 465, 587), [`${LIST}zoho.eu.xml`], {
    domains: 'zoho.eu zohomail.eu',
    note: TWO_STEP,
  }),
  provider(
    'zoho-organization',
    'Zoho Mail for organizations',
    [...at('smtppro.zoho.{region}', 465, 587), ...at('smtp.zoho.{region}', 465)],
    [
      'https://wiki.stretchpowered.com/books/zoho/page/how-to-configure-email-server-with-zoho-smtp-settings',
      'https://postigo.net/smtp/zoho',
    ],
    {
      mx: ['zoho.{region}'],
      note: `The server is that of the data centre the account is in; free plans use smtp.zoho in place of smtppro.zoho. ${TWO_STEP}`,
    },
  ),
]

// A table: the providers that discovery knows by their domains or mail exchangers, each fact with the day it was checked and where it was read.
import type { Provider, ProviderServer } from './provider.js'

const CHECKED_ON = '2026-11-21'
const LIST = 'https://github.com/thunderbird/autoconfig/blob/master/ispdb/'
const MX_LIST = 'https://github.com/jace/mxsniff/blob/master/mxsniff/providers.py'
/** For names of mail exchangers that stand in no list, but in the published zones of many customers. */
const ZONES = 'zones of customers in public repositories'

/** TLS from the first octet on 465, STARTTLS elsewhere. */
const at = (host: string, ...ports: number[]): ProviderServer[] =>
  ports.map((port) => ({ host, port, security: port === 465 ? 'implicit' : 'starttls' }))

type Facts = Partial<Omit<Provider, 'id' | 'name' | 'servers' | 'checkedOn' | 'readAt' | 'domains'>> & {
  readonly domains?: string
}

/** `domains` between blanks; the rest has the defaults of most: mailboxes, login with the address. */
function provider(
  id: string,
  name: string,
  servers: readonly ProviderServer[],
  readAt: readonly string[],
  { domains = '', ...facts }: Facts,
): Provider {
  const defaults = { mx: [], kind: 'mailboxes', login: 'address' } as const
  const known = domains === '' ? [] : domains.split(' ')
  return { id, name, ...defaults, ...facts, domains: known, servers, checkedOn: CHECKED_ON, readAt }
}

const POSSIBLE = { need: 'possible' } as const
const APP = 'Programs need an app password, made in the settings of the account.'
const TWO_STEP = 'With two-step verification programs need an app password.'
const SWITCH_ON = 'Programs must be allowed once in the settings of the mailbox.'
const ABROAD = 'Taken from addresses of its own network only, as the public list says.'

/** In the order in which domains are looked up. */
export const PROVIDERS: readonly Provider[] = [
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
  provider(
    'gmx',
    'GMX',
    at('mail.gmx.net', 465, 587),
    [`${LIST}gmx.net.xml`, 'https://hilfe.gmx.net/sicherheit/2fa/anwendungsspezifisches-passwort.html'],
    {
      domains: 'gmx.net gmx.de gmx.at gmx.ch gmx.eu gmx.biz gmx.org gmx.info',
      mx: ['gmx.net'],
      note: `${SWITCH_ON} ${TWO_STEP}`,
    },
  ),
  provider(
    'gmx-com',
    'GMX.com',
    at('mail.gmx.com', 465, 587),
    [`${LIST}gmx.com.xml`, 'https://products.navigator-bs.gmx.com/security/2fa'],
    {
      domains: 'gmx.com gmx.us gmx.co.uk gmx.es gmx.fr gmx.ca gmx.ie gmx.pt gmx.se gmx.it gmx.li gmx.com.br',
      note: TWO_STEP,
    },
  ),
  provider('web-de', 'WEB.DE', at('smtp.web.de', 465, 587), [`${LIST}web.de.xml`], {
    domains: 'web.de',
    login: 'local-part',
    note: SWITCH_ON,
  }),
  provider(
    'mail-com',
    'mail.com',
    at('smtp.mail.com', 465, 587),
    [`${LIST}mail.com.xml`, 'https://support.mail.com/security/2fa/application-specific-passwords.html'],
    {
      domains:
        'mail.com email.com usa.com post.com consultant.com engineer.com europe.com london.com linuxmail.org dr.com',
      note: TWO_STEP,
    },
  ),
  provider('mailbox-org', 'mailbox.org', at('smtp.mailbox.org', 465, 587), [`${LIST}mailbox.org.xml`, ZONES], {
    domains: 'mailbox.org',
    mx: ['mailbox.org'],
    note: TWO_STEP,
  }),
  provider('posteo', 'Posteo', at('posteo.de', 465, 587), [`${LIST}posteo.de.xml`], {
    domains:
      'posteo.de posteo.net posteo.org posteo.eu posteo.com posteo.at posteo.ch posteo.be posteo.it posteo.es posteo.nl posteo.dk ' +
      'posteo.se posteo.pl posteo.uk posteo.us posteo.co posteo.me',
  }),
  provider('ionos', 'IONOS', at('smtp.ionos.de', 465, 587), [`${LIST}ionos.de`, ZONES], {
    mx: ['kundenserver.de', 'schlund.de'],
  }),
  provider(
    'ionos-country',
    'IONOS',
    at('smtp.ionos.{region}', 465, 587),
    [`${LIST}ionos.de`, `${LIST}ionos.com`, `${LIST}ionos.co.uk`, ZONES],
    { mx: ['mx00.ionos.{region}', 'mx01.ionos.{region}'] },
  ),
  provider('ionos-us', 'IONOS', at('smtp.ionos.com', 465, 587), [`${LIST}ionos.com`], {
    mx: ['1and1.com', 'perfora.net'],
  }),
  provider('ionos-uk', 'IONOS', at('smtp.ionos.co.uk', 465, 587), [`${LIST}ionos.co.uk`], {
    mx: ['1and1.co.uk', 'oneandone.co.uk'],
  }),
  provider('1und1', '1&1', at('smtp.1und1.de', 465, 587), [`${LIST}1und1.de.xml`], {
    domains: 'online.de onlinehome.de sofortstart.de sofortsurf.de go4more.de',
  }),
  provider('strato', 'STRATO', at('smtp.strato.de', 465, 587), [`${LIST}strato.de.xml`, ZONES], {
    domains: 'strato.de',
    mx: ['rzone.de'],
  }),
  provider('hetzner', 'Hetzner web hosting', at('mail.your-server.de', 465), [`${LIST}hetzner.de.xml`], {
    mx: ['your-server.de'],
  }),
  provider('t-online', 'T-Online', at('securesmtp.t-online.de', 465, 587), [`${LIST}t-online.de.xml`], {
    domains: 't-online.de magenta.de',
    password: 'app',
    note: 'Programs need the e-mail password, which is not that of the website.',
  }),
  provider('freenet', 'freenet Mail', at('mx.freenet.de', 465, 587), [`${LIST}freenet.de.xml`], {
    domains: 'freenet.de',
    note: SWITCH_ON,
  }),
  provider('vodafone-de', 'Vodafone Germany', at('smtp.vodafonemail.de', 465), [`${LIST}vodafonemail.de.xml`], {
    domains: 'vodafonemail.de vodafone.de arcor.de kabelmail.de',
  }),
  provider('domainfactory', 'domainFACTORY', at('sslout.df.eu', 465), [`${LIST}df.eu`], { mx: ['ispgateway.de'] }),
  provider('a1', 'A1', at('securemail.a1.net', 587), [`${LIST}a1.net.xml`], { domains: 'a1.net aon.at' }),
  provider(
    'yandex',
    'Yandex Mail',
    at('smtp.yandex.com', 465),
    [`${LIST}yandex.ru.xml`, 'https://yandex.com/support/yandex-360/business/admin/en/mail/configuration'],
    {
      domains: 'yandex.ru yandex.com yandex.by yandex.kz yandex.ua ya.ru narod.ru',
      mx: ['mx.yandex.net', 'mx.yandex.ru'],
      oauth2: POSSIBLE,
      note: SWITCH_ON,
    },
  ),
  provider('mail-ru', 'Mail.ru', at('smtp.mail.ru', 465, 587), [`${LIST}mail.ru`, ZONES], {
    domains: 'mail.ru inbox.ru list.ru bk.ru',
    mx: ['emx.mail.ru', 'mxs.mail.ru'],
    oauth2: POSSIBLE,
  }),
  provider('rambler', 'Rambler', at('smtp.rambler.ru', 465), [`${LIST}rambler.ru.xml`], { domains: 'rambler.ru' }),
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
  provider('orange-fr', 'Orange', at('smtp.orange.fr', 465), [`${LIST}orange.fr.xml`], {
    domains: 'orange.fr wanadoo.fr',
  }),
  provider('free-fr', 'Free', at('smtp.free.fr', 465), [`${LIST}free.fr.xml`], {
    domains: 'free.fr',
    login: 'local-part',
  }),
  provider('libero', 'Libero', at('smtp.libero.it', 465), [`${LIST}libero.it`], {
    domains: 'libero.it iol.it blu.it inwind.it giallo.it',
  }),
  provider('virgilio', 'Virgilio', at('out.virgilio.it', 465), [`${LIST}virgilio.it.xml`], { domains: 'virgilio.it' }),
  provider('tim', 'TIM', at('smtp.tim.it', 587), [`${LIST}tim.it.xml`], { domains: 'tim.it' }),
  provider('tiscali', 'Tiscali', at('smtp.tiscali.it', 465), [`${LIST}tiscali.it.xml`], {
    domains: 'tiscali.it',
    note: ABROAD,
  }),
  provider('fastweb', 'Fastweb', at('smtp.fastwebnet.it', 587), [`${LIST}fastwebnet.it.xml`], {
    domains: 'fastwebnet.it',
  }),
  provider('ziggo', 'Ziggo', at('smtp.ziggo.nl', 587), [`${LIST}ziggo.nl.xml`], {
    domains: 'ziggo.nl ziggomail.com casema.nl upcmail.nl chello.nl home.nl quicknet.nl multiweb.nl',
  }),
  provider('kpn', 'KPN', at('smtp.kpnmail.nl', 465, 587), [`${LIST}kpnmail.nl.xml`], {
    domains: 'kpnmail.nl kpnplanet.nl planet.nl hetnet.nl xs4all.nl telfort.nl wxs.nl tiscali.nl',
  }),
  provider('freedom', 'Freedom Internet', at('smtp.freedom.nl', 465), [`${LIST}freedom.nl.xml`], {
    domains: 'freedom.nl',
  }),
  provider('proximus', 'Proximus', at('relay.proximus.be', 587), [`${LIST}skynet.be.xml`], {
    domains: 'proximus.be skynet.be belgacom.net',
  }),
  provider('o2-pl', 'o2 Poczta', at('poczta.o2.pl', 465, 587), [`${LIST}o2.pl.xml`], {
    domains: 'o2.pl go2.pl tlen.pl prokonto.pl',
    login: 'local-part',
    note: `${SWITCH_ON} ${ABROAD}`,
  }),
  provider('wp-pl', 'Wirtualna Polska', at('smtp.wp.pl', 465), [`${LIST}wp.pl`], {
    domains: 'wp.pl',
    login: 'local-part',
  }),
  provider('onet', 'Onet Poczta', at('smtp.poczta.onet.pl', 465, 587), [`${LIST}onet.pl`], {
    domains: 'onet.pl onet.eu poczta.onet.pl op.pl vp.pl autograf.pl buziaczek.pl onet.com.pl vip.onet.pl',
  }),
  provider(
    'seznam',
    'Seznam Email',
    at('smtp.seznam.cz', 465),
    ['https://podpora.supportbox.cz/help/jak-si-nastavit-vlastni-smtp-pro-seznam'],
    { domains: 'seznam.cz', note: 'Mailboxes of an own domain log in with their whole address, too.' },
  ),
  provider('inbox-lv', 'Inbox.lv', at('mail.{domain}', 465), [`${LIST}inbox.lv.xml`], {
    domains: 'inbox.lv inbox.eu inbox.lt inbox.la',
    password: 'app',
    note: `${SWITCH_ON} The password for programs is shown there.`,
  }),
  provider('mail-ee', 'Mail.ee', at('mail.ee', 465), [`${LIST}mail.ee.xml`], {
    domains: 'mail.ee',
    password: 'app',
    note: `${SWITCH_ON} The password for programs is shown there.`,
  }),
  provider('comcast', 'Xfinity', at('smtp.comcast.net', 465, 587), [`${LIST}comcast.net.xml`], {
    domains: 'comcast.net',
    oauth2: POSSIBLE,
    note: SWITCH_ON,
  }),
  provider('att', 'AT&T Mail', at('outbound.att.net', 465), [`${LIST}att.net.xml`], {
    domains:
      'att.net sbcglobal.net bellsouth.net pacbell.net ameritech.net currently.com flash.net prodigy.net snet.net swbell.net',
    oauth2: POSSIBLE,
  }),
  provider(
    'spectrum',
    'Spectrum',
    [{ host: 'mobile.charter.net', port: 587, security: 'implicit' }],
    [`${LIST}charter.com.xml`],
    { domains: 'charter.net spectrum.net bresnan.net', note: 'TLS from the first octet, although the port is 587.' },
  ),
  provider('earthlink', 'EarthLink', at('smtpauth.earthlink.net', 587), [`${LIST}earthlink.net.xml`], {
    domains: 'earthlink.net mindspring.com ix.netcom.com peoplepc.com',
    mx: ['earthlink.net'],
  }),
  provider('bell-ca', 'Bell Canada', at('smtphm.sympatico.ca', 587), [`${LIST}bell.net.xml`], {
    domains: 'bell.net sympatico.ca',
  }),
  provider('sky', 'Sky', at('smtp.tools.sky.com', 465), [`${LIST}sky.com`], { domains: 'sky.com' }),
  provider('virgin-media', 'Virgin Media', at('smtp.ntlworld.com', 465), [`${LIST}ntlworld.com.xml`], {
    domains: 'ntlworld.com',
  }),
  provider('telstra', 'Telstra', at('smtp.telstra.com', 465), [`${LIST}bigpond.com.xml`], {
    domains: 'bigpond.com bigpond.net.au telstra.com bigpond.net',
  }),
  provider('uol', 'UOL', at('smtps.uol.com.br', 587), [`${LIST}uol.com.br.xml`], {
    domains: 'uol.com.br',
    login: 'local-part',
  }),
  provider('rediffmail', 'Rediffmail', at('smtp.rediffmail.com', 465), [`${LIST}rediffmail.com.xml`], {
    domains: 'rediffmail.com',
  }),
  provider(
    'qq',
    'QQ Mail',
    at('smtp.qq.com', 465, 587),
    [
      `${LIST}qq.com.xml`,
      'https://www.topmailsender.com/en/youxiang/106-tengxun-qqyouxiang-tencent-personal-email',
      'https://www.russky.net/zixun/189553.html',
    ],
    {
      domains: 'qq.com foxmail.com',
      password: 'app',
      note: 'Programs need the authorization code that the settings of the mailbox give.',
    },
  ),
  provider('naver', 'Naver Mail', at('smtp.naver.com', 465), [`${LIST}naver.com.xml`], { domains: 'naver.com' }),
  provider(
    'daum',
    'Daum Mail',
    at('smtp.daum.net', 465),
    [
      `${LIST}daum.net.xml`,
      'https://docs.channel.io/campaignus/ko/articles/%EB%8B%A4%EC%9D%8C%EC%9C%BC%EB%A1%9C-%EB%A9%94%EC%9D%BC-%EC%84%9C%EB%B9%84%EC%8A%A4-%EC%A0%9C%EA%B3%B5%EC%97%85%EC%B2%B4-%EC%A7%80%EC%A0%95-%EB%B0%A9%EB%B2%95-de33ee9c',
    ],
    { domains: 'daum.net', note: SWITCH_ON },
  ),
  provider('ocn', 'OCN', at('smtp.ocn.ne.jp', 465), [`${LIST}ocn.ne.jp.xml`], { domains: 'ocn.ne.jp' }),
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

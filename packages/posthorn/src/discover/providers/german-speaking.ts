// A table: providers of the countries where German is spoken.
import type { Provider } from '../provider.js'
import { at, LIST, provider, SWITCH_ON, TWO_STEP, ZONES } from './provider-row.js'

export const GERMAN_SPEAKING: readonly Provider[] = [
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
]

// A table: providers of one country, those of the German-speaking ones aside.
import type { Provider } from '../provider.js'
import { ABROAD, at, LIST, POSSIBLE, provider, SWITCH_ON, ZONES } from './provider-row.js'

export const NATIONAL: readonly Provider[] = [
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
]

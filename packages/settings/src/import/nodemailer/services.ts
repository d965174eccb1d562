// A table, and longer than a page: the names that Nodemailer knows as `service`, https://nodemailer.com/smtp/well-known-services.

/** Where a service takes mail. */
export interface Service {
  /** Absent: this host. */
  readonly host?: string | undefined
  readonly port?: number | undefined
  /** Implicit TLS. */
  readonly secure?: boolean | undefined
  readonly requireTls?: boolean | undefined
  readonly ignoreTls?: boolean | undefined
  readonly mechanism?: string | undefined
}

const implicit = (host: string): Service => ({ host, port: 465, secure: true })
const upgraded = (host: string, port = 587): Service => ({ host, port })

/** By name and other names, in lower case, separated by commas. */
const TABLE: readonly (readonly [names: string, Service])[] = [
  ['126,126.com', implicit('smtp.126.com')],
  ['163,163.com', implicit('smtp.163.com')],
  ['1und1', { ...implicit('smtp.1und1.de'), mechanism: 'LOGIN' }],
  ['aliyun,aliyun.com', implicit('smtp.aliyun.com')],
  ['aliyunqiye', implicit('smtp.qiye.aliyun.com')],
  ['aol,aol.com', upgraded('smtp.aol.com')],
  ['aruba,arubapec,aruba.it,pec.aruba.it', { ...implicit('smtps.aruba.it'), mechanism: 'LOGIN' }],
  ['bluewin,bluewin.ch', { host: 'smtpauths.bluewin.ch', port: 465 }],
  ['bol,bol.com.br', { ...upgraded('smtp.bol.com.br'), requireTls: true }],
  ['debugmail', upgraded('debugmail.io', 25)],
  ['disroot,disroot.org', { ...upgraded('disroot.org'), secure: false, mechanism: 'LOGIN' }],
  ['dynectemail,dynect', upgraded('smtp.dynect.net', 25)],
  ['elasticemail', implicit('smtp.elasticemail.com')],
  ['ethereal,ethereal.email', upgraded('smtp.ethereal.email')],
  ['fastmail,fastmail.fm', implicit('smtp.fastmail.com')],
  ['feishumail,feishu', implicit('smtp.feishu.cn')],
  ['forwardemail,fe', implicit('smtp.forwardemail.net')],
  ['gandimail,gandi,gandi.net', upgraded('mail.gandi.net')],
  ['gmail,googlemail,gmail.com,googlemail.com', implicit('smtp.gmail.com')],
  ['gmailworkspace,googleworkspacemail', implicit('smtp-relay.gmail.com')],
  ['gmx,gmx.com,gmx.net,gmx.de', upgraded('mail.gmx.com')],
  ['godaddy', upgraded('smtpout.secureserver.net', 25)],
  ['godaddyasia', upgraded('smtp.asia.secureserver.net', 25)],
  ['godaddyeurope', upgraded('smtp.europe.secureserver.net', 25)],
  ['hot.ee', { host: 'mail.hot.ee' }],
  ['hotmail,outlook,outlook.com,hotmail.com', upgraded('smtp-mail.outlook.com')],
  ['icloud,me,mac,me.com,mac.com,icloud.com', upgraded('smtp.mail.me.com')],
  ['infomaniak,infomaniak.com', upgraded('mail.infomaniak.com')],
  ['kolabnow,kolab', { ...implicit('smtp.kolabnow.com'), mechanism: 'LOGIN' }],
  ['loopia', { host: 'mailcluster.loopia.se', port: 465 }],
  ['loops', upgraded('smtp.loops.so')],
  ['mail.ee', { host: 'smtp.mail.ee' }],
  ['mail.ru', implicit('smtp.mail.ru')],
  ['mailcatch.app', upgraded('sandbox-smtp.mailcatch.app', 2525)],
  ['maildev', { port: 1025, ignoreTls: true }],
  ['mailersend', upgraded('smtp.mailersend.net')],
  ['mailgun', implicit('smtp.mailgun.org')],
  ['mailjet', upgraded('in.mailjet.com')],
  ['mailosaur', upgraded('mailosaur.io', 25)],
  ['mailtrap', upgraded('live.smtp.mailtrap.io')],
  ['mandrill', upgraded('smtp.mandrillapp.com')],
  ['naver', upgraded('smtp.naver.com')],
  ['ohmysmtp', { ...upgraded('smtp.ohmysmtp.com'), secure: false }],
  ['one', implicit('send.one.com')],
  ['openmailbox,omb,openmailbox.org', implicit('smtp.openmailbox.org')],
  ['outlook365', { ...upgraded('smtp.office365.com'), secure: false }],
  ['postmark,postmarkapp', upgraded('smtp.postmarkapp.com', 2525)],
  ['proton,protonmail,proton.me,protonmail.com,protonmail.ch', { ...upgraded('smtp.protonmail.ch'), requireTls: true }],
  ['qiye.aliyun', implicit('smtp.mxhichina.com')],
  ['qq,qq.com', implicit('smtp.qq.com')],
  ['qqex,qqenterprise', implicit('smtp.exmail.qq.com')],
  ['resend', implicit('smtp.resend.com')],
  ['runbox,runbox.com', implicit('smtp.runbox.com')],
  ['sendcloud', upgraded('smtp.sendcloud.net', 2525)],
  ['sendgrid', upgraded('smtp.sendgrid.net')],
  ['sendinblue,brevo', upgraded('smtp-relay.brevo.com')],
  ['sendpulse', implicit('smtp-pulse.com')],
  ['ses', implicit('email-smtp.us-east-1.amazonaws.com')],
  ['seznam,seznamemail,seznam.cz', implicit('smtp.seznam.cz')],
  ['smtp2go', upgraded('mail.smtp2go.com', 2525)],
  ['sparkpost,sparkpostmail', { ...upgraded('smtp.sparkpostmail.com'), secure: false }],
  ['tipimail', upgraded('smtp.tipimail.com')],
  ['turbosmtp', implicit('pro.turbo-smtp.com')],
  ['turbosmtp-eu', implicit('pro.eu.turbo-smtp.com')],
  ['tutanota,tutanota.com,tuta.com', implicit('smtp.tutanota.com')],
  ['yahoo,yahoo.com', implicit('smtp.mail.yahoo.com')],
  ['yandex,yandex.ru', implicit('smtp.yandex.ru')],
  ['zimbra', { ...upgraded('smtp.zimbra.com'), requireTls: true }],
  ['zoho', { ...implicit('smtp.zoho.com'), mechanism: 'LOGIN' }],
]

const SERVICES: ReadonlyMap<string, Service> = new Map(
  TABLE.flatMap(([names, service]) => names.split(',').map((name) => [name, service] as const)),
)

/** The regions of Amazon SES that have a name of their own: `SES-EU-WEST-1`. */
const SES = /^ses-((?:us|eu|ap|sa|ca)(?:-gov)?-(?:north|south|east|west|central|northeast|southeast)-[1-3])$/

/** A service by its name, by another name, or by a mailbox at it; without case and blanks. */
export function serviceNamed(name: string): Service | undefined {
  const key = (name.split('@').at(-1) ?? '').replace(/[^a-zA-Z0-9.-]/g, '').toLowerCase()
  const region = SES.exec(key)?.[1]
  return region === undefined ? SERVICES.get(key) : implicit(`email-smtp.${region}.amazonaws.com`)
}

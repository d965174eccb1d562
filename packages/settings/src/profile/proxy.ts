import { z } from 'zod'
import { content, group, host, line, lines, port, secret, setting } from './parts.js'

/** The way through a proxy. */
export const proxy = group({
  type: setting(z.enum(['none', 'http', 'https', 'socks4', 'socks4a', 'socks5', 'environment', 'system']), {
    says: 'What kind of proxy; `environment` and `system` ask there whether one is to be used; `none` wins over a host.',
    effect: 'session',
    default: '(`none`, with a host `http`)',
    from: [
      'illiad.config.FirewallType',
      'beyondtrust.firewall.FirewallType',
      'beyondtrust.firewall.AutoDetect',
      'javamail.behaviour.proxy-order',
      'ipworks.type.Firewall.FirewallType',
    ],
  }),
  host: setting(host(), {
    says: 'Its name or address.',
    effect: 'session',
    smtp: 'proxy.host',
    from: ['illiad.config.FirewallHost', 'beyondtrust.firewall.Host', 'javamail.mail.smtp.proxy.host'],
  }),
  port: setting(port(), {
    says: 'Its port.',
    effect: 'session',
    default: '(80 for `http`, 443 for `https`, 1080 for SOCKS)',
    smtp: 'proxy.port',
    from: ['illiad.config.FirewallPort', 'beyondtrust.firewall.Port', 'javamail.mail.smtp.proxy.port'],
  }),
  user: setting(line(), {
    says: 'The name that logs in there; for SOCKS 4 the user id.',
    effect: 'session',
    smtp: 'proxy.user',
    from: ['illiad.config.FirewallUser', 'beyondtrust.firewall.UserName', 'javamail.mail.smtp.proxy.user'],
  }),
  password: setting(secret(), {
    says: 'Its password.',
    effect: 'session',
    holds: 'secret',
    smtp: 'proxy.password',
    from: ['illiad.config.FirewallPassword', 'beyondtrust.firewall.Password', 'javamail.mail.smtp.proxy.password'],
  }),
  authentication: setting(z.enum(['auto', 'none', 'basic', 'digest', 'ntlm', 'password']), {
    says: 'How to log in there: `auto` for what it asks for, the strongest first.',
    effect: 'session',
    default: 'auto',
    smtp: 'proxy.authentication',
  }),
  ntlm: group({
    domain: setting(line(255), { says: 'NTLM: the domain.', effect: 'session', smtp: 'proxy.ntlm.domain' }),
  }),
  resolve: setting(z.enum(['remote', 'local']), {
    says: 'Who resolves the name of the relay.',
    effect: 'session',
    default: '(`remote`, for `socks4` `local`)',
    smtp: 'proxy.resolve',
  }),
  bypass: setting(lines(), {
    says: 'Hosts that are reached directly: names, `*.suffix`, addresses, networks.',
    effect: 'session',
    smtp: 'proxy.bypass',
  }),
  tls: group({
    ca: setting(content(), {
      says: 'The authorities trusted for an `https` proxy: `file:PATH` or PEM.',
      effect: 'session',
      holds: 'content',
      smtp: 'proxy.tls.ca',
    }),
    servername: setting(line(255), {
      says: 'The name in its certificate, when it is not the host.',
      effect: 'session',
      smtp: 'proxy.tls.servername',
    }),
    rejectUnauthorized: setting(z.boolean(), {
      says: 'False: any certificate of the proxy is taken.',
      effect: 'session',
      default: true,
      smtp: 'proxy.tls.rejectUnauthorized',
      weakens: (value) => value === false,
    }),
  }),
})

import { z } from 'zod'
import { group, line, lines, secret, setting } from './parts.js'

/** The login at the relay. */
export const credentials = group({
  enabled: setting(z.boolean(), {
    says: 'False: what stands here is kept and not used.',
    effect: 'session',
    default: true,
    from: ['genesys.option.enable-authentication', 'beyondtrust.server.UseCredentials', 'javamail.mail.smtp.auth'],
  }),
  required: setting(z.boolean(), {
    says: 'False: mail goes without login to a server that offers none. An attacker on the way can make a server look so.',
    effect: 'session',
    default: true,
    smtp: 'loginRequired',
    weakens: (value) => value === false,
    from: ['javamail.mail.smtp.auth'],
  }),
  user: setting(line(), {
    says: 'The name that logs in.',
    effect: 'session',
    smtp: 'credentials.user',
    flag: 'user',
    from: [
      'illiad.key.SMTPUserID',
      'genesys.option.user',
      'beyondtrust.server.UserName',
      'runmyjobs.registry.User',
      'runmyjobs.credential.RealUser',
      'javamail.mail.smtp.user',
      'ipworks.prop.User',
    ],
  }),
  password: setting(secret(), {
    says: 'Its password, best as `env:NAME`, `file:PATH` or `vault:NAME`.',
    effect: 'session',
    holds: 'secret',
    smtp: 'credentials.password',
    from: [
      'illiad.key.SMTPPassword',
      'genesys.option.password',
      'beyondtrust.server.Password',
      'runmyjobs.credential.Password',
      'ipworks.prop.Password',
    ],
  }),
  accessToken: setting(secret(), {
    says: 'An access token in place of the password. It ends after an hour or so: `oauth2` gets new ones.',
    effect: 'session',
    holds: 'secret',
    smtp: 'credentials.accessToken',
    from: ['javamail.behaviour.xoauth2-response', 'ipworks.config.AuthorizationIdentity'],
  }),
  mechanism: setting(line(40), {
    says: 'Use this login mechanism and no other: SCRAM-SHA-256, XOAUTH2, GSSAPI, EXTERNAL and others.',
    effect: 'session',
    smtp: 'credentials.mechanism',
    flag: 'mechanism',
    from: ['beyondtrust.server.AuthenticationMethod', 'ipworks.prop.AuthMechanism', 'genesys.behaviour.oauth2-switch'],
  }),
  mechanisms: setting(lines(), {
    says: 'The mechanisms to use, in this order, among those offered.',
    effect: 'session',
    default: '(all but ANONYMOUS, strongest first)',
    smtp: 'mechanisms',
    from: ['javamail.mail.smtp.auth.mechanisms', 'javamail.mail.smtp.sasl.mechanisms'],
  }),
  minimumAuthStrength: setting(z.enum(['none', 'cleartext', 'token', 'hash', 'mutual']), {
    says: 'The weakest kind of mechanism that may be used.',
    effect: 'session',
    default: 'cleartext',
    smtp: 'minimumAuthStrength',
  }),
  allowCleartextAuth: setting(z.boolean(), {
    says: 'True: AUTH is allowed without TLS, where anyone on the way can read the password.',
    effect: 'session',
    default: false,
    smtp: 'allowCleartextAuth',
    flag: 'allow-cleartext-auth',
    weakens: (value) => value === true,
  }),
  authorizationId: setting(line(), {
    says: 'The identity to act as, when it is not the one that logs in.',
    effect: 'session',
    smtp: 'credentials.authorizationId',
    flag: 'act-as',
    from: ['javamail.mail.smtp.sasl.authorizationid', 'ipworks.config.AuthorizationIdentity'],
  }),
  realm: setting(line(), {
    says: 'DIGEST-MD5: the realm. NTLM: the domain.',
    effect: 'session',
    smtp: 'credentials.realm',
    from: ['javamail.mail.smtp.sasl.realm', 'javamail.mail.smtp.auth.ntlm.domain'],
  }),
  serviceHost: setting(line(255), {
    says: 'The name of the server in DIGEST-MD5 and GSSAPI, when it is not the host.',
    effect: 'session',
    smtp: 'credentials.serviceHost',
    from: ['javamail.mail.smtp.sasl.usecanonicalhostname'],
  }),
  ntlm: group({
    version: setting(z.literal([1, 2]), {
      says: 'The version of NTLM. Version 1 can be broken by whoever sees it.',
      effect: 'session',
      default: 2,
      smtp: 'credentials.ntlm.version',
      weakens: (value) => value === 1,
      from: ['javamail.mail.smtp.auth.ntlm.v2', 'ipworks.config.UseNTLMv2'],
    }),
    flags: setting(z.int().min(0).max(0xff_ff_ff_ff), {
      says: 'Flags to set besides in its first message (MS-NLMP 2.2.2.5).',
      effect: 'session',
      default: 0,
      smtp: 'credentials.ntlm.flags',
      from: ['javamail.mail.smtp.auth.ntlm.flags'],
    }),
    workstation: setting(line(255), {
      says: 'The name of this machine in its last message.',
      effect: 'session',
      smtp: 'credentials.ntlm.workstation',
    }),
  }),
})

import { z } from 'zod'
import { isCleartextUrl } from '../cleartext-url.js'
import { certificateSource } from './certificate-source.js'
import { content, group, line, milliseconds, secret, setting } from './parts.js'

/** `http:` is for a provider on this machine; elsewhere it is unsafe. */
const address = () => line(2000).regex(/^https?:\/\/[^\s]+$/i, 'must be an https: address')

/** How access tokens are had, for logins by XOAUTH2 or OAUTHBEARER and for the APIs. */
export const oauth2 = group({
  provider: setting(line(2000), {
    says: '`microsoft`, `google`, or the issuer of an OpenID provider. Without one `oauth2.tokenUrl` says where.',
    effect: 'session',
    weakens: isCleartextUrl,
    from: ['genesys.option.tenant-authority'],
  }),
  tenant: setting(line(255), {
    says: 'Microsoft: the directory, by its id or domain.',
    effect: 'session',
    from: ['genesys.option.directory-id'],
  }),
  authority: setting(address(), {
    says: 'Microsoft: where its tenants are, for a national cloud.',
    effect: 'session',
    weakens: isCleartextUrl,
    default: 'https://login.microsoftonline.com',
    from: ['genesys.option.tenant-authority'],
  }),
  authorizationUrl: setting(address(), {
    says: 'Where people sign in.',
    effect: 'session',
    weakens: isCleartextUrl,
    from: ['beyondtrust.oauth2.ServerAuthURL'],
  }),
  tokenUrl: setting(address(), {
    says: 'Where tokens are had.',
    effect: 'session',
    weakens: isCleartextUrl,
    from: ['beyondtrust.oauth2.ServerTokenURL'],
  }),
  deviceAuthorizationUrl: setting(address(), {
    says: 'Where device codes are had.',
    effect: 'session',
    weakens: isCleartextUrl,
  }),
  clientId: setting(line(), {
    says: 'The id the application has at the provider.',
    effect: 'session',
    from: ['genesys.option.client-id', 'beyondtrust.oauth2.ClientId'],
  }),
  clientSecret: setting(secret(), {
    says: 'Its secret.',
    effect: 'session',
    holds: 'secret',
    from: ['genesys.option.secret', 'beyondtrust.oauth2.ClientSecret'],
  }),
  clientSecretMethod: setting(z.enum(['basic', 'post']), {
    says: 'How the secret is sent: in the Authorization field or in the body.',
    effect: 'session',
    default: '(what the provider says)',
  }),
  clientCertificate: certificateSource('the application proves itself with at the provider', 'session', []),
  clientAssertionFile: setting(line(4096), {
    says: 'A file with a signed assertion that somebody else renews, such as a workload identity.',
    effect: 'session',
    holds: 'path',
  }),
  grant: setting(
    z.enum([
      ...(['authorization-code', 'client-credentials', 'device-code', 'refresh-token', 'password'] as const),
      ...(['service-account', 'given'] as const),
    ]),
    {
      says: 'How the first token is had.',
      effect: 'session',
      default: 'authorization-code',
      from: ['genesys.extra.grant-type'],
    },
  ),
  user: setting(line(), { says: 'Grant `password`: the name of the account.', effect: 'session' }),
  password: setting(secret(), { says: 'Grant `password`: its password.', effect: 'session', holds: 'secret' }),
  refreshToken: setting(secret(), {
    says: 'Grant `refresh-token`: the token.',
    effect: 'session',
    holds: 'secret',
    from: ['genesys.behaviour.gmail-mode'],
  }),
  serviceAccountKey: setting(content(), {
    says: 'Grant `service-account`: the JSON key of Google, `file:PATH` or its text.',
    effect: 'session',
    holds: 'content',
  }),
  subject: setting(line(320), {
    says: 'Grant `service-account`: the mailbox to act for.',
    effect: 'session',
  }),
  authorization: setting(secret(), {
    says: 'Grant `given`: the authorization as it is, with or without `Bearer`.',
    effect: 'session',
    holds: 'secret',
    from: ['beyondtrust.oauth2.AuthenticationValue'],
  }),
  scope: setting(line(10_000), {
    says: 'What is asked for, between blanks.',
    effect: 'session',
    default: '(what the provider needs for mail)',
    from: ['genesys.option.scope', 'beyondtrust.oauth2.AuthorizationScope'],
  }),
  prompt: setting(line(100), { says: 'The prompt parameter of the sign-in.', effect: 'session' }),
  store: setting(line(4096), {
    says: 'The file tokens are kept in; several programs may share it.',
    effect: 'session',
    holds: 'path',
  }),
  credential: setting(line(255), { says: 'The name of the sign-in in that store.', effect: 'session' }),
  expiryMarginMs: setting(milliseconds(0), {
    says: 'A token is renewed this long before its end.',
    effect: 'session',
    unit: 'ms',
    default: 60_000,
  }),
  proxy: setting(line(2000), {
    says: 'The proxy for requests to the provider, as a URL or `environment`, `system`, `none`, when it is not that of the relay.',
    effect: 'session',
    holds: 'secret',
  }),
  hideBrowserResponse: setting(z.boolean(), {
    says: 'True: the browser page of the sign-in closes itself after success.',
    effect: 'session',
    default: false,
    from: ['beyondtrust.oauth2.HideBrowserResponse'],
  }),
})

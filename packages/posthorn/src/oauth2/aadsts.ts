import type { RefusalCode } from './refusal-code.js'

/** What a number of Microsoft's (AADSTS...) means for us: the code, when it tells more than the `error` beside it, and the next step. */
export interface AadstsMeaning {
  readonly code?: RefusalCode
  readonly hint: string
}

const MFA =
  'A second factor is asked for: sign in again with a browser or a device code, or use an application permission.'
const SIGN_IN = 'Sign in again.'

/** https://learn.microsoft.com/entra/identity-platform/reference-error-codes, the ones that mail meets. */
const MEANINGS: Readonly<Record<string, AadstsMeaning>> = {
  '50034': { hint: 'There is no such user in this tenant: check the user name and the tenant.' },
  '50053': { hint: 'The account is locked after too many sign-ins: wait, or ask an administrator.' },
  '50055': { hint: 'The password has expired: set a new one.' },
  '50057': { hint: 'The account is disabled: ask an administrator.' },
  '50059': { hint: 'The tenant is missing in the address: check tenant and authority.' },
  '50076': { code: 'oauth2.interaction-needed', hint: MFA },
  '50079': { code: 'oauth2.interaction-needed', hint: MFA },
  '50074': { code: 'oauth2.interaction-needed', hint: MFA },
  '50126': { hint: 'User name or password is wrong.' },
  '50158': { code: 'oauth2.interaction-needed', hint: MFA },
  '50173': { code: 'oauth2.invalid-grant', hint: 'The password was changed since. Sign in again.' },
  '53003': { code: 'oauth2.interaction-needed', hint: 'A conditional access policy forbids it: ask an administrator.' },
  '65001': {
    code: 'oauth2.consent-needed',
    hint: 'Nobody has agreed to these permissions: sign in again and agree, or let an administrator grant consent for the application.',
  },
  '65004': { code: 'oauth2.consent-needed', hint: 'Consent was declined: sign in again and agree.' },
  '70008': { code: 'oauth2.invalid-grant', hint: `The refresh token has expired. ${SIGN_IN}` },
  '70043': {
    code: 'oauth2.invalid-grant',
    hint: `The refresh token has expired by a sign-in frequency policy. ${SIGN_IN}`,
  },
  '70000': { code: 'oauth2.invalid-grant', hint: `The refresh token is not valid, or was revoked. ${SIGN_IN}` },
  '700082': {
    code: 'oauth2.invalid-grant',
    hint: `The refresh token was not used for too long and has expired. ${SIGN_IN}`,
  },
  '70011': { code: 'oauth2.invalid-scope', hint: 'Check the scope; those of one request must belong to one resource.' },
  '1002012': {
    code: 'oauth2.invalid-scope',
    hint: 'With client credentials the scope must be one resource with /.default, such as https://outlook.office365.com/.default.',
  },
  '500011': {
    code: 'oauth2.invalid-scope',
    hint: 'The resource in the scope is not known in this tenant: check the scope.',
  },
  '700016': {
    code: 'oauth2.invalid-client',
    hint: 'The application is not known in this tenant: check client id and tenant, and that an administrator has consented.',
  },
  '7000215': {
    code: 'oauth2.invalid-client',
    hint: 'The client secret is wrong: use the "Value" of the secret, not its "Secret ID".',
  },
  '7000222': {
    code: 'oauth2.invalid-client',
    hint: 'The client secret has expired: make a new one in the app registration.',
  },
  '7000218': {
    code: 'oauth2.invalid-client',
    hint: 'Give a client secret or certificate, or set "Allow public client flows" in the app registration.',
  },
  '700027': {
    code: 'oauth2.invalid-client',
    hint: 'The certificate is not one of those in the app registration: upload it there, or use the right one.',
  },
  '700024': {
    code: 'oauth2.invalid-client',
    hint: 'The assertion was not valid at this time: check the clock of this machine.',
  },
  '700213': {
    code: 'oauth2.invalid-client',
    hint: 'No federated credential matches the subject of the assertion: check issuer, subject and audience there.',
  },
  '90002': {
    code: 'oauth2.invalid-client',
    hint: 'The tenant was not found: check the tenant id or domain, and the cloud in the authority.',
  },
  '900023': { code: 'oauth2.invalid-client', hint: 'The tenant is neither a directory id nor a domain: check it.' },
  '50011': {
    code: 'oauth2.refused',
    hint: 'The redirect address is not registered: add http://localhost under "Mobile and desktop applications".',
  },
}

/** The meaning of the first number that is known, in `error_codes` or, when that is missing, in the description. */
export function aadstsMeaning(codes: unknown, description: string): AadstsMeaning | undefined {
  const numbers = Array.isArray(codes) ? codes.slice(0, 10).map(String) : []
  for (const [, found] of description.slice(0, 4000).matchAll(/AADSTS(\d{4,8})/g)) numbers.push(found!)
  const known = numbers.find((number) => Object.hasOwn(MEANINGS, number))
  return known === undefined ? undefined : MEANINGS[known]
}

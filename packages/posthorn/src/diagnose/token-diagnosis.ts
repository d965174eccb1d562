import type { Secret } from '@posthorn/ground'
import type { DiagnosisCode } from './diagnoses.js'

/** Services whose SMTP takes tokens for these audiences alone. */
const AUDIENCES: readonly (readonly [host: RegExp, audience: RegExp, name: string])[] = [
  [
    /\.(?:office365|outlook|office)\.(?:com|us)$|\.partner\.outlook\.cn$/i,
    /^https:\/\/(?:outlook\.office(?:365)?\.(?:com|us)|outlook\.office365\.us|partner\.outlook\.cn)\/?$|^00000002-0000-0ff1-ce00-000000000000$/i,
    'https://outlook.office365.com',
  ],
]

const MAY_SEND = /\bSMTP\.Send(?:AsApp)?\b|^https:\/\/mail\.google\.com\/$/i

/** A better name for a refused token, from what the token says about itself; undefined when it says nothing that helps. */
export async function tokenDiagnosis(
  token: Secret | undefined,
  host: string,
): Promise<{ readonly code: DiagnosisCode; readonly evidence: string } | undefined> {
  if (token === undefined) return undefined
  const { describeToken } = await import('../oauth2/describe-token.js')
  const { form, audience, scopes, roles, expiresAt } = describeToken(token)
  if (form !== 'jwt') return undefined
  if (expiresAt !== undefined && expiresAt <= Date.now())
    return { code: 'token.expired', evidence: `the token ended ${new Date(expiresAt).toISOString()}` }
  const service = AUDIENCES.find(([name]) => name.test(host))
  if (service && audience.length > 0 && !audience.some((each) => service[1].test(each)))
    return { code: 'token.wrong-audience', evidence: `the token is for ${audience.join(', ')}, not for ${service[2]}` }
  const permissions = [...scopes, ...roles]
  if (service && permissions.length > 0 && !permissions.some((each) => MAY_SEND.test(each)))
    return { code: 'token.wrong-scope', evidence: `the token allows ${permissions.join(', ')}` }
  return undefined
}

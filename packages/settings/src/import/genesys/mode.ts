/** What decides which options of a section count. */
export interface GenesysMode {
  readonly transport: 'smtp' | 'ews' | 'graph'
  /** enable-authentication; Graph always logs in. */
  readonly login: boolean
  /** Whose access tokens are used; undefined: user and password. */
  readonly tokens: 'microsoft' | 'google' | undefined
  /** How the first token is had, when there are any. */
  readonly grant: 'client-credentials' | 'password' | 'refresh-token'
}

/** The words of a list of mechanisms: `XOAUTH2`, `LOGIN PLAIN`. */
export const mechanismsOf = (text: string) => text.split(/[\s,]+/).filter((word) => word !== '')

/** True for the option that switches tokens on: `mail.smtp.auth.mechanisms` with XOAUTH2 in it. */
export const isTokenSwitch = (name: string, value: string, transport: GenesysMode['transport']) =>
  name === `mail.${transport}.auth.mechanisms` && mechanismsOf(value).some((each) => /^XOAUTH2$/i.test(each))

/**
 * What a section is set up for.
 * @param at the value of an option, in small letters; undefined when it is unwritten or empty
 * @source Genesys, password, tenant-authority, mail.<server-type>.auth.mechanisms, grant-type
 */
export function modeOf(at: (option: string) => string | undefined): GenesysMode {
  const transport = transportOf(at('server-type') ?? 'SMTP') ?? 'smtp'
  const mechanisms = `mail.${transport}.auth.mechanisms`
  const tokens = transport === 'graph' || isTokenSwitch(mechanisms, at(mechanisms) ?? '', transport)
  const google = tokens && transport === 'smtp' && isGoogle(at('tenant-authority') ?? '')
  const application = transport === 'graph' || /^client[-_]credentials$/i.test(at('grant-type') ?? '')
  return {
    transport,
    login: transport === 'graph' || isTrue(at('enable-authentication') ?? '') === true,
    tokens: tokens ? (google ? 'google' : 'microsoft') : undefined,
    grant: google ? 'refresh-token' : application ? 'client-credentials' : 'password',
  }
}

export const isGoogle = (authority: string) => /google/i.test(authority)

export function transportOf(text: string): GenesysMode['transport'] | undefined {
  const word = bare(text).toLowerCase()
  return word === 'smtp' || word === 'ews' || word === 'graph' ? word : undefined
}

/** A truth value; undefined for what is none. */
export function isTrue(text: string): boolean | undefined {
  const word = bare(text)
  if (/^(?:true|yes|on|1)$/i.test(word)) return true
  return /^(?:false|no|off|0)$/i.test(word) ? false : undefined
}

/** A word without the quotes the documents put around some. */
export function bare(text: string): string {
  return /^(['"]).*\1$/.test(text) ? text.slice(1, -1) : text
}

/** What must be written for the mode, and is not. */
export function missingOptions(mode: GenesysMode, at: (option: string) => string | undefined): string[] {
  const needed = mode.transport === 'graph' ? [] : ['server']
  if (mode.login) needed.push('user', 'password')
  if (mode.login && mode.tokens !== undefined) needed.push('client-id')
  if (mode.login && mode.tokens === 'microsoft') needed.push('directory-id')
  return needed.filter((option) => at(option) === undefined)
}

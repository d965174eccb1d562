import open from 'open'
import { tokenOptionsOf } from 'posthorn'
import { describeToken, TokenManager, tokenOptionsFromFile, type SignInMeans, type TokenOptions } from 'posthorn/oauth2'
import { loadProfile } from 'posthorn/profiles'
import { fold, paintFor } from './output.js'
import { reportFailure } from './report.js'
import type { OutputFlags } from './chosen-way.js'
import { usageError } from './usage-error.js'

export interface TokenFlags extends OutputFlags {
  readonly printUrl?: boolean
  readonly hideResponse?: boolean
  readonly print?: boolean
  readonly profile?: string
}

/** `posthorn token sign-in FILE`: a person allows this machine to send, by browser or device code. Gives the exit code. */
export async function tokenSignInCommand(file: string | undefined, flags: TokenFlags): Promise<number> {
  try {
    const options = await optionsFrom(file, flags, {
      open: async (url) => {
        say(`sign in with a browser: ${url}`)
        if (!flags.printUrl) await open(url).catch(() => {}) // the address stands above
      },
      show: ({ userCode, verificationUri }) => say(`open ${verificationUri} on any device and enter ${userCode}`),
      ...(flags.hideResponse ? { hideResponse: true } : {}),
    })
    checkSignIn(placeOf(file, flags), options)
    const manager = new TokenManager(options)
    await manager.signIn()
    if (flags.json) process.stdout.write(`${JSON.stringify({ ok: true, credential: manager.credential })}\n`)
    else if (!flags.quiet) process.stdout.write('signed in; the tokens are in the store\n')
    return 0
  } catch (error) {
    return reportFailure(error, flags)
  }
}

/** `posthorn token show FILE`: gets an access token, and tells what it is for, or with `--print` the token itself. Gives the exit code. */
export async function tokenShowCommand(file: string | undefined, flags: TokenFlags): Promise<number> {
  try {
    const manager = new TokenManager(await optionsFrom(file, flags))
    const { token, expiresAt } = await manager.token()
    if (flags.print) {
      process.stdout.write(`${token.reveal()}\n`)
      return 0
    }
    const { form, audience, scopes, roles, issuer, user } = describeToken(token)
    const ends = expiresAt === undefined ? null : new Date(expiresAt).toISOString()
    if (flags.json) {
      const found = {
        ok: true,
        credential: manager.credential,
        form,
        audience,
        scopes,
        roles,
        issuer,
        user,
        expiresAt: ends,
      }
      process.stdout.write(`${JSON.stringify(found)}\n`)
      return 0
    }
    line('credential', manager.credential)
    line('ends', ends ?? 'not said')
    if (form === 'opaque') line('content', 'cannot be read: only its provider knows what it is for')
    if (audience.length > 0) line('for', audience.join(', '))
    if (scopes.length + roles.length > 0) line('allows', [...scopes, ...roles].join(', '))
    if (issuer !== undefined) line('from', issuer)
    if (user !== undefined) line('user', user)
    return 0
  } catch (error) {
    return reportFailure(error, flags)
  }
}

/** `posthorn token sign-out FILE`: forgets the tokens in the store. Gives the exit code. */
export async function tokenSignOutCommand(file: string | undefined, flags: TokenFlags): Promise<number> {
  try {
    const options = await optionsFrom(file, flags)
    if (!options.store)
      throw usageError('token sign-out', `finds no "store" in ${placeOf(file, flags)}: no tokens are kept`, STORE_HINT)
    await new TokenManager(options).signOut()
    if (!flags.quiet) process.stdout.write('the tokens are gone from the store; the provider was not told\n')
    return 0
  } catch (error) {
    return reportFailure(error, flags)
  }
}

const STORE_HINT = 'Name a file for the tokens in it, such as "store": "tokens", and with "name" whose they are.'

/** A sign-in that is good for nothing is not begun. */
function checkSignIn(file: string, { grant, store }: TokenOptions): void {
  if (grant.type !== 'authorization-code' && grant.type !== 'device-code') {
    throw usageError(
      'token sign-in',
      `finds the grant ${grant.type} in ${file}, with which nobody signs in`,
      `Try it with: posthorn token show ${file}.`,
    )
  }
  if (!store) throw usageError('token sign-in', `finds no "store" in ${file}: the tokens would be lost`, STORE_HINT)
}

/** How tokens are had: by a file, or as a profile says under `oauth2`. @throws {SettingsError} `usage.flag`, `oauth2.*`, `settings.*` */
async function optionsFrom(
  file: string | undefined,
  { profile: name }: TokenFlags,
  means?: SignInMeans,
): Promise<TokenOptions> {
  if ((file === undefined) === (name === undefined))
    throw usageError('FILE', 'or --profile is needed, and not both', 'Write posthorn token show --profile NAME.')
  if (file !== undefined) return tokenOptionsFromFile(file, means)
  const { profile, directory } = await loadProfile(name)
  return tokenOptionsOf(profile, { directory, env: process.env, ...(means === undefined ? {} : { signIn: means }) })
}

function placeOf(file: string | undefined, { profile }: TokenFlags): string {
  return file ?? `oauth2 of the profile ${profile}`
}

function say(text: string): void {
  process.stderr.write(`${fold(text, process.stderr, 2)}\n`)
}

function line(name: string, value: string): void {
  const text = fold(`${name.padEnd(12)}${value}`, process.stdout, 12)
  process.stdout.write(`${paintFor(process.stdout)('bold', text.slice(0, 12))}${text.slice(12)}\n`)
}

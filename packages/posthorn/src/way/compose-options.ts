import { openCertificateStore, type Certificate } from '@posthorn/certificate'
import { SettingsError } from '@posthorn/ground'
import type { ComposeOptions, DkimOptions, EncryptOptions, SmimeOptions } from '@posthorn/mime'
import type { Profile } from '@posthorn/settings'
import { identityOf, passwordOf } from './certificate-of.js'
import type { KeptValues } from './kept-values.js'

/**
 * How drafts are composed, as a profile says: S/MIME, DKIM, charset, UTF-8 in the header. Which files they may name is the policy's.
 * @throws {SettingsError} `settings.*`, `certificate.*`
 */
export async function composeOptionsOf(profile: Profile, kept: KeptValues): Promise<ComposeOptions> {
  const { headers = {}, delivery = {} } = profile
  const smime = await smimeOf(profile.smime, kept)
  const dkim = await dkimOf(profile.dkim, kept)
  return {
    ...(smime ? { smime } : {}),
    ...(dkim ? { dkim } : {}),
    ...(headers.charset === undefined ? {} : { charset: headers.charset }),
    ...(delivery.smtpUtf8 === 'required' ? { utf8Headers: true } : {}),
  }
}

/** @throws {SettingsError} as `composeOptionsOf` */
export async function smimeOf(smime: Profile['smime'], kept: KeptValues): Promise<SmimeOptions | undefined> {
  const { sign, encrypt } = smime ?? {}
  const options: { -readonly [Key in keyof SmimeOptions]: SmimeOptions[Key] } = {}
  if (sign?.enabled ?? sign?.certificate?.source !== undefined) {
    const identity = await identityOf(sign?.certificate, 'smime.sign.certificate', kept)
    if (!identity) {
      // a message that was to be signed must not go out as it is
      throw new SettingsError('settings.rule', 'smime.sign.certificate.source', 'has no private key to sign with', {
        hint: 'Give the key as well, or set smime.sign.enabled to false.',
      })
    }
    const { form, digest, attach } = sign ?? {}
    options.sign = { identity, ...(form && { form }), ...(digest && { digest }), ...(attach && { attach }) }
  }
  if (encrypt?.enabled ?? (encrypt?.certificates?.length ?? 0) > 0) options.encrypt = await encryptOf(encrypt!, kept)
  return options.sign || options.encrypt ? options : undefined
}

async function encryptOf(
  encrypt: NonNullable<NonNullable<Profile['smime']>['encrypt']>,
  kept: KeptValues,
): Promise<EncryptOptions> {
  const { certificates: sources = [], forAll = false, cipher, keyTransport } = encrypt
  const password = await passwordOf(encrypt.password, 'smime.encrypt', kept)
  const certificates: Certificate[] = []
  const chosen: Certificate[] = []
  for (const [index, source] of sources.entries()) {
    const field = sources.length === 1 ? 'smime.encrypt.certificates' : `smime.encrypt.certificates[${index}]`
    const store = await openCertificateStore({
      source: await kept.store(`smime.encrypt.certificates[${index}]`, source),
      ...(password === undefined ? {} : { password }),
      field,
    })
    try {
      certificates.push(...store.certificates)
      if (forAll) chosen.push(store.select())
    } finally {
      await store.close()
    }
  }
  if (forAll && chosen.length !== 1) {
    throw new SettingsError('settings.rule', 'smime.encrypt.forAll', `needs one certificate, not ${chosen.length}`, {
      hint: 'Leave the others out, or set it to false: each recipient is then found by the mailbox in a certificate.',
    })
  }
  return {
    ...(forAll ? { forAll: chosen[0]! } : { certificates }),
    ...(cipher && { cipher }),
    ...(keyTransport && { keyTransport }),
  }
}

async function dkimOf(dkim: Profile['dkim'], kept: KeptValues): Promise<readonly DkimOptions[] | undefined> {
  if (dkim === undefined || dkim.length === 0) return undefined
  const signatures: DkimOptions[] = []
  for (const [index, { privateKey, ...rest }] of dkim.entries()) {
    const said = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as typeof rest
    const key = await kept.content(`dkim[${index}].privateKey`, privateKey)
    signatures.push({ ...(said as Omit<DkimOptions, 'privateKey'>), privateKey: key })
  }
  return signatures
}

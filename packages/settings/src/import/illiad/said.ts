import type { Profile } from '../../profile/profile.js'
import { isPlain, parseReference } from '../../secret-reference.js'
import { valueAt, valuesOf } from '../../values.js'
import { fitsXml } from '../xml.js'
import { LEFT_OUT_SECRET, type ElementName, type KeyName } from './entries.js'

/** What ILLiad is told of one profile, and what it cannot be told. */
export class Said {
  readonly profile: Profile
  readonly keys = new Map<KeyName, string>()
  readonly elements = new Map<ElementName, string>()
  readonly lost: { setting: string; note: string }[] = []
  readonly #secrets: boolean
  readonly #site: { readonly code: string; readonly base: Profile } | undefined
  readonly #paths = new Set<string>()

  /**
   * @param secrets true: passwords are written as they are
   * @param site the site it is the profile of, and that of all
   */
  constructor(profile: Profile, secrets: boolean, site?: { readonly code: string; readonly base: Profile }) {
    this.profile = profile
    this.#secrets = secrets
    this.#site = site
  }

  /** Says a key for a setting; a value that would come back as another one is lost. */
  key(path: string, name: KeyName, value: string): boolean {
    return this.#say(path, this.keys, name, value, !/[\r\0]/.test(value) && value.trim() !== '')
  }

  /** Says an element; all but passwords and header fields are read without the blanks around them. */
  element(path: string, name: ElementName, value: string, exact = false): boolean {
    return this.#say(
      path,
      this.elements,
      name,
      value,
      fitsXml(value) && value.trim() !== '' && (exact || value === value.trim()),
    )
  }

  /** The text of a password, or the mark for one that is kept somewhere else, or is not to be written. */
  secret(path: string): string | undefined {
    const value = valueAt(this.profile, path) as Parameters<typeof parseReference>[0] | undefined
    if (value === undefined) return undefined
    const reference = typeof value === 'string' && isPlain(value) ? parseReference(value, path) : undefined
    if (reference?.kind !== 'plain') {
      this.lose(path, `it is kept elsewhere; write it in place of ${LEFT_OUT_SECRET}`)
      return LEFT_OUT_SECRET
    }
    if (!this.#secrets) {
      this.lose(path, `passwords are left out; write it in place of ${LEFT_OUT_SECRET}`)
      return LEFT_OUT_SECRET
    }
    const text = reference.value.reveal()
    if (text.trim() !== LEFT_OUT_SECRET) return text
    this.lose(path, 'it is the mark for a password that is left out')
    return undefined
  }

  /** Settings that are done with, said or not. */
  done(...paths: readonly string[]): void {
    for (const path of paths) this.#paths.add(path)
  }

  lose(path: string, note: string): void {
    this.#paths.add(path)
    this.lost.push({ setting: path, note: this.#site === undefined ? note : `site ${this.#site.code}: ${note}` })
  }

  /** Loses settings that have no effect; those a site only shares with all have been spoken of there. */
  leaveUnused(...paths: readonly string[]): void {
    for (const path of paths) {
      if (valueAt(this.profile, path) === undefined || this.isShared(path)) this.done(path)
      else this.lose(path, 'it is not used, and is left out')
    }
  }

  /** Everything nobody has spoken of. */
  loseTheRest(): void {
    for (const [path, value] of valuesOf(this.profile)) {
      if (this.#paths.has(path) || this.isShared(path)) continue
      const protects = PROTECTS.find(([prefix, when]) => `${path}.`.startsWith(`${prefix}.`) && when(value))
      this.lose(path, protects ? `LESS SAFE without it: ${protects[2]}` : 'ILLiad has no setting for it')
    }
  }

  /** True for a site that has a setting as all have it. */
  isShared(path: string): boolean {
    const [own, all] = [this.profile, this.#site?.base ?? {}].map((profile) => valueAt(profile, path))
    return own !== undefined && JSON.stringify(own) === JSON.stringify(all)
  }

  #say<Name>(path: string, said: Map<Name, string>, name: Name, value: string, fits: boolean): boolean {
    if (!fits) {
      this.lose(path, 'it has characters or blanks that would not come through')
      return false
    }
    said.set(name, value)
    this.#paths.add(path)
    return true
  }
}

const always = () => true

/** Settings that protect more than ILLiad does, when they have such a value. */
const PROTECTS: readonly (readonly [path: string, when: (value: unknown) => boolean, loss: string])[] = [
  ['smime.encrypt', always, 'mail goes out unencrypted'],
  ['smime.sign', always, 'mail goes out unsigned'],
  ['dkim', always, 'mail goes out without signature'],
  ['tls.pins', always, 'any key with a valid certificate is taken'],
  ['tls.ca', always, 'every well-known authority is trusted'],
  ['tls.servername', always, 'another name is looked for in the certificate'],
  ['tls.minVersion', (value) => value === 'TLSv1.2' || value === 'TLSv1.3', 'older versions of TLS may be spoken'],
  ['tls.ciphers', always, 'weaker ciphers may be used'],
  ['tls.minStrengthBits', always, 'weaker ciphers may be used'],
  ['tls.ecdhCurve', always, 'weaker groups may be used'],
  ['tls.sigalgs', always, 'weaker signatures may be taken'],
  ['tls.revocation', (value) => value !== 'off', 'revoked certificates are taken'],
  ['credentials.minimumAuthStrength', (value) => value !== 'none', 'a weaker login may be used'],
  ['credentials.mechanism', always, 'a weaker login may be used'],
  ['credentials.mechanisms', always, 'a weaker login may be used'],
  ['delivery.requireTls', (value) => value === true, 'servers further on may get it in the clear'],
  ['attachments', always, 'ILLiad does not guard which files are attached'],
  ['limits', always, 'there is no such limit'],
]

import type { CertificateStore, Identity } from '@posthorn/certificate'
import { SettingsError } from '@posthorn/ground'
import { invalidArgument, IPWorksError } from '../ipworks-error.js'
import { errorText } from '../table/errors.js'
import { choice, octets, secret, text } from '../table/row.js'
import { CertificateReadings, type CertificateFields } from './certificate-readings.js'
import { chosenByCertificate, chosenBySubject, type Chosen } from './chosen.js'
import { documentedName } from './documented-name.js'
import {
  checkTokens,
  isToken,
  octetsOfStore,
  openedStore,
  openedToken,
  storeProblem,
  unopened,
} from './opened-store.js'
import { storeOptions } from './store-options.js'
import { StoreType, storeWay } from './store-type.js'

export { StoreType } from './store-type.js'

const to = { change: 'connect', to: '`tls.identity`' } as const

const ROWS = {
  encoded: text('', { ...to, says: 'The certificate, in PEM or base64; its key is looked for in `Store`.' }),
  encodedB: octets({ ...to, says: 'The same as octets, in DER or PEM.' }),
  keyPassword: secret({ ...to, says: 'Opens the private key, when it is not `StorePassword` that does.' }),
  store: text('MY', { ...to, says: 'The name of a file, or what would stand in one; `StoreType` says which.' }),
  storeB: octets({ ...to, says: 'What stands in a store, as octets.' }),
  storePassword: secret({ ...to, says: 'Opens the store.' }),
  storeType: choice(StoreType, StoreType.cstUser, { ...to, says: 'The kind of store.' }),
  subject: text('', {
    ...to,
    says: 'Whose certificate to take from `Store`: a name, a part of one, `Thumbprint=...` or `*`.',
  }),
} as const

/** What is looked for. */
type Wanted = { readonly subject: string } | { readonly encoded: string | Uint8Array }

/**
 * A certificate, by itself or with its private key. It is chosen by `encoded`, or by `storeType`, `store` and `storePassword` and then
 * `subject`; when that is set, the store is opened and read at once. Only a token (cstPKCS11) is opened when the connection needs it.
 * Passwords and keys stand in no error and are not shown. [ipworks.type.Certificate]
 *
 * Errors: IPWorksError 271 for a store that cannot be opened, or whose key cannot be; 273 for a key that belongs to another certificate;
 * 272 of the constructors alone, when nothing fits; 10022 for what is no certificate.
 */
export class Certificate extends CertificateReadings implements CertificateFields {
  #storeType = ROWS.storeType.initial()
  #store: string | Uint8Array = ROWS.store.initial()
  #storePassword = ROWS.storePassword.initial()
  #keyPassword: string | undefined
  #engine: string | undefined
  /** MY is the store only for those who say so. */
  #isStoreSet = false
  #opened: CertificateStore | undefined
  #token: Promise<CertificateStore> | undefined
  #wanted: Wanted | undefined
  #subject = ROWS.subject.initial()

  /** An empty one, to be filled. */
  constructor()
  /** From a file in PEM or DER, or what stands in one; without a key. @throws {IPWorksError} 271 a file, 10022 octets that are no certificate */
  constructor(certificate: string | Uint8Array)
  /**
   * From a store, which is the name of a file, or octets.
   * @param wanted the subject, or, as octets, the certificate whose key is to be found
   * @param configuration lines such as `Thumbprint=...`, which goes before the subject; PersistPFXKey and UseInternalSecurityAPI change
   *   nothing here; PKCS11Engine is the path of an engine of OpenSSL that reaches the keys of a token
   * @throws {IPWorksError} 271, 272, 273, 10022
   */
  constructor(
    storeType: number,
    store: string | Uint8Array,
    storePassword: string,
    wanted: string | Uint8Array,
    configuration?: string,
  )
  constructor(
    first?: number | string | Uint8Array,
    store?: string | Uint8Array,
    storePassword = '',
    wanted: string | Uint8Array = '',
    configuration = '',
  ) {
    super()
    if (first === undefined) return
    if (typeof first === 'string') this.#fromFile(ROWS.store.check(first, 'CertificateFile'))
    else if (first instanceof Uint8Array) this.#fromOctets(first)
    else this.#fromStore(first, store, storePassword, wanted, configuration)
  }

  /** What a server showed. @throws {IPWorksError} 10022 */
  static ofDer(der: Uint8Array): Certificate {
    const made = new Certificate()
    made.#fromOctets(der)
    return made
  }

  get storeType(): number {
    return this.#storeType
  }
  set storeType(value: number) {
    this.#storeType = ROWS.storeType.check(value, 'StoreType')
    this.#isStoreSet = true
    this.#forgetStore()
  }

  /** With a subject or a certificate set, a search begins when this is. @throws {IPWorksError} 271, 273 */
  get store(): string {
    return typeof this.#store === 'string' ? this.#store : Buffer.from(this.#store).toString('latin1')
  }
  set store(value: string) {
    this.#useStore(ROWS.store.check(value, 'Store'))
  }

  get storeB(): Buffer {
    return Buffer.from(octetsOfStore(this.#place))
  }
  set storeB(value: Uint8Array) {
    this.#useStore(ROWS.storeB.check(value, 'StoreB'))
  }

  get storePassword(): string {
    return this.#storePassword
  }
  set storePassword(value: string) {
    this.#storePassword = ROWS.storePassword.check(value, 'StorePassword')
    this.#forgetStore()
  }

  /** Reads as `storePassword` until it is set; the empty string clears it. A key that was left closed is tried again. */
  get keyPassword(): string {
    return this.#keyPassword ?? this.#storePassword
  }
  set keyPassword(value: string) {
    this.#keyPassword = ROWS.keyPassword.check(value, 'KeyPassword')
    this.#forgetStore()
    if (this.chosen.keyProblem?.code === 'certificate.password') this.#search()
  }

  /** The distinguished name of what was chosen. Setting it searches the store; where nothing fits it becomes empty. @throws {IPWorksError} 271, 273 */
  get subject(): string {
    return this.#subject
  }
  set subject(value: string) {
    const subject = ROWS.subject.check(value, 'Subject')
    this.#want(subject.trim() === '' ? undefined : { subject })
  }

  /** The certificate in PEM. Setting it looks for its key in the store: not found, `subject` is empty. @throws {IPWorksError} 271, 10022 */
  get encoded(): string {
    return this.chosen.certificate?.pem ?? ''
  }
  set encoded(value: string) {
    const encoded = ROWS.encoded.check(value, 'Encoded')
    this.#want(encoded.trim() === '' ? undefined : { encoded })
  }

  get encodedB(): Buffer {
    return Buffer.from(this.encoded)
  }
  set encodedB(value: Uint8Array) {
    const encoded = ROWS.encodedB.check(value, 'EncodedB')
    this.#want(encoded.length === 0 ? undefined : { encoded })
  }

  /** The certificate itself. */
  get der(): Buffer | undefined {
    const { certificate } = this.chosen
    return certificate && Buffer.from(certificate.der)
  }

  /** True when nothing was chosen. */
  get isEmpty(): boolean {
    return this.chosen.certificate === undefined && this.chosen.bareKey === undefined
  }

  /** True for a key without a certificate: `encoded` has to bring that before it can be shown to a server. */
  get hasKeyOnly(): boolean {
    return this.chosen.certificate === undefined && this.chosen.bareKey !== undefined
  }

  /**
   * The certificate with its key, for `tls.identity`; undefined when there is none with a key. A token is opened here, once; a store, when
   * what is wanted was set before its kind or its password, and has no key yet.
   * Rejects with IPWorksError 271 for a token or a store that cannot be opened, a key that is closed, and a subject without a store; 273 for
   * a key of another certificate.
   */
  get identity(): Promise<Identity | undefined> {
    return this.#identity()
  }

  async #identity(): Promise<Identity | undefined> {
    if (this.#wanted && isToken(this.#place)) await this.#openToken(this.#wanted)
    else if (this.#wanted && this.#isStoreSet && !this.#opened && !this.chosen.identity) this.#openStore(this.#wanted)
    const { identity, keyProblem } = this.chosen
    if (keyProblem) throw this.#keyProblem(keyProblem)
    if (this.#wanted && 'subject' in this.#wanted && !this.#isStoreSet) {
      throw unopened('Subject is set, and Store is not: the certificate stores of Windows are not there')
    }
    const isReached = identity?.privateKey.keyObject ?? identity?.privateKey.engineKey
    if (identity && !isReached) throw unopened('the key is in a token, where TLS of Node.js does not reach it')
    return identity
  }

  get #place() {
    return {
      storeType: this.#storeType,
      store: this.#store,
      password: this.#storePassword,
      keyPassword: this.#keyPassword,
      engine: this.#engine,
    }
  }

  #fromFile(path: string): void {
    const [certificate] = openedStore({
      ...this.#place,
      storeType: StoreType.cstPublicKeyFile,
      store: path,
    }).certificates
    if (!certificate) throw unopened(`the file ${path} has a key, and no certificate`, '')
    this.chosen = { certificate }
    this.#subject = documentedName(certificate.subject)
  }

  #fromOctets(encoded: Uint8Array): void {
    this.#want({ encoded: ROWS.encodedB.check(encoded, 'Encoded') })
    this.#subject = documentedName(this.chosen.certificate?.subject ?? '')
  }

  #fromStore(
    storeType: number,
    store: string | Uint8Array | undefined,
    storePassword: string,
    wanted: string | Uint8Array,
    configuration: string,
  ): void {
    const { thumbprint, engine } = storeOptions(configuration)
    this.#engine = engine
    this.storeType = storeType
    this.storePassword = storePassword
    if (store instanceof Uint8Array) this.storeB = store
    else this.store = store as string // which checks it
    if (wanted instanceof Uint8Array) return this.#want({ encoded: ROWS.encodedB.check(wanted, 'Encoded') })
    const subject = thumbprint === undefined ? ROWS.subject.check(wanted, 'Subject') : `Thumbprint=${thumbprint}`
    this.subject = subject
    if (this.#wanted) return
    const problem =
      subject.trim() === ''
        ? 'Subject is empty; * takes any'
        : `the store has none for ${JSON.stringify(subject.slice(0, 200))}`
    throw new IPWorksError(272, `${errorText(272)}: ${problem}`)
  }

  #useStore(store: string | Uint8Array): void {
    this.#store = store
    this.#isStoreSet = true
    this.#forgetStore()
    if (this.#wanted) this.#search()
  }

  #want(wanted: Wanted | undefined): void {
    this.#wanted = wanted
    this.#search()
  }

  /** Afterwards what is wanted is chosen, or is waited for, or nothing is: so it is, too, when this throws. */
  #search(): void {
    const wanted = this.#wanted
    this.#choose(undefined)
    if (!wanted) return
    if (!this.#isStoreSet) return this.#searchWithoutStore(wanted)
    if (!isToken(this.#place)) return this.#chooseFrom((this.#opened ??= openedStore(this.#place)), wanted)
    checkTokens()
    this.#searchWithoutStore(wanted)
  }

  /** A subject waits; a certificate is there, and its key waits. */
  #searchWithoutStore(wanted: Wanted): void {
    if ('encoded' in wanted) return this.#chooseFrom(undefined, wanted)
    this.#wanted = wanted
    this.#subject = wanted.subject
  }

  #chooseFrom(store: CertificateStore | undefined, wanted: Wanted): void {
    const chosen = 'encoded' in wanted ? chosenFor(store, wanted.encoded) : chosenBySubject(store!, wanted.subject)
    if ('subject' in wanted && chosen?.keyProblem?.code === MISMATCH) throw this.#keyProblem(chosen.keyProblem)
    this.#choose(chosen, wanted)
  }

  #choose(chosen: Chosen | undefined, wanted?: Wanted): void {
    this.chosen = chosen ?? {}
    this.#wanted = chosen && wanted
    const { certificate, identity } = this.chosen
    const isFound =
      certificate !== undefined && (identity !== undefined || (wanted !== undefined && 'subject' in wanted))
    this.#subject = isFound ? documentedName(certificate.subject) : ''
  }

  /** What is wanted is still wanted when this throws: the next connection is not made without it. */
  #openStore(wanted: Wanted): void {
    const store = openedStore(this.#place)
    this.#chooseFrom(store, wanted)
    this.#opened = store
  }

  async #openToken(wanted: Wanted): Promise<void> {
    const opening = (this.#token ??= openedToken(this.#place))
    try {
      const store = await opening
      if (this.#token === opening) this.#chooseFrom(store, wanted)
    } catch (error) {
      if (this.#token === opening) this.#token = undefined
      throw error
    }
  }

  #forgetStore(): void {
    this.#opened = undefined
    this.#token = undefined
  }

  #keyProblem(problem: SettingsError): IPWorksError {
    if (problem.code !== MISMATCH) return storeProblem(problem, storeWay(this.#storeType))
    const sentence = problem.message.slice(problem.field.length + 2)
    return new IPWorksError(273, `${errorText(273)}: ${sentence}`, { cause: problem })
  }
}

const MISMATCH = 'certificate.key-mismatch'

/** @throws {IPWorksError} 10022 when it is no certificate */
function chosenFor(store: CertificateStore | undefined, encoded: string | Uint8Array): Chosen {
  try {
    return chosenByCertificate(store, encoded)
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    throw invalidArgument('Encoded', error.message.slice(error.field.length + 2), error)
  }
}

import { SecretReference, type ProfileDraft } from '../report.js'
import { placeOf, type Entry, type SiteSource } from './entries.js'
import { isLeftOut, LEFT_OUT } from './take-connection.js'
import { oneOf } from './written-value.js'

/** The certificate shown to the server, and the one taken from it. @throws {SettingsError} `import.format` */
export function takeCertificates(draft: ProfileDraft, source: SiteSource): void {
  takeClientCertificate(draft, source)
  const accepted = source.elements.get('SslAcceptServerCert')
  if (!accepted) return
  const pem = certificatePem(accepted.value)
  const note =
    'a server that shows this certificate is taken whatever is wrong with it: be sure that it is the right one'
  if (pem === undefined)
    draft.say(
      placeOf(accepted),
      'lost',
      'it is no certificate in PEM or base64; the certificate of the server is checked as usual',
    )
  else draft.take(placeOf(accepted), [['tls.acceptedCertificates', pem]], 'taken', note)
}

type StoreType = 'windows-user' | 'windows-machine' | 'pfx-file' | 'pfx' | 'pem'

const STORE_TYPES: Readonly<Record<string, StoreType>> = {
  sstUser: 'windows-user',
  sstMachine: 'windows-machine',
  sstPFXFile: 'pfx-file',
  sstPFXBlob: 'pfx',
  sstPEMKey: 'pem',
}
/** Those of ILLiad: 4 is PEM here and something else in the IPWorks class. */
const STORE_NUMBERS: Readonly<Record<string, StoreType>> = {
  0: 'windows-user',
  1: 'windows-machine',
  2: 'pfx-file',
  3: 'pfx',
  4: 'pem',
}

function takeClientCertificate(draft: ProfileDraft, { elements }: SiteSource): void {
  const [kind, store] = [elements.get('SslCertStoreType'), elements.get('SslCertStore')]
  const [subject, encoded] = [elements.get('SslCertSubject'), elements.get('SslCertEncoded')]
  const password = elements.get('SslCertStorePassword')
  const type = kind ? oneOf(kind, STORE_TYPES, STORE_NUMBERS) : 'windows-user'
  const ignore = (why: string) => {
    for (const entry of [kind, store, password, subject, encoded]) if (entry) draft.say(placeOf(entry), 'ignored', why)
  }
  const windows = type.startsWith('windows')
  if (!subject && !encoded) {
    const unreachable = windows && store ? '; the Windows store it names could not be opened here anyway' : ''
    ignore(`there is no SslCertSubject and no SslCertEncoded, so no certificate is looked for${unreachable}`)
    return
  }
  if (!store) {
    ignore('there is no SslCertStore, so no certificate is looked for')
    return
  }
  const source = sourceOf(store.value, type)
  if (source === undefined) {
    const what =
      type === 'pfx' ? 'it is no PFX in base64; give the file with the type sstPFXFile' : 'it is no name of a file'
    draft.say(placeOf(store), 'lost', what)
    return
  }
  const note = windows
    ? 'a Windows store cannot be opened here: no session comes about until a PFX or PEM file is named'
    : undefined
  const taken = draft.take(
    placeOf(store),
    [['tls.clientCertificate.source', source]],
    windows ? 'changed' : 'taken',
    note,
  )
  if (!taken) return
  const settings = [['tls.clientCertificate.type', type === 'pfx-file' ? 'pfx' : type]] as const
  draft.take(
    kind ? placeOf(kind) : { ...placeOf(store), entry: 'SslCertStoreType' },
    settings,
    kind ? 'taken' : 'defaulted',
  )
  takeChoice(draft, subject, encoded)
  if (isLeftOut(password)) draft.say(placeOf(password!), 'lost', LEFT_OUT)
  else if (password) draft.take(placeOf(password), [['tls.clientCertificate.password', password.value]])
}

/** The certificate itself decides; else its subject. */
function takeChoice(draft: ProfileDraft, subject: Entry | undefined, encoded: Entry | undefined): void {
  const pem = encoded && certificatePem(encoded.value)
  if (encoded && pem === undefined) draft.say(placeOf(encoded), 'lost', 'it is no certificate in PEM or base64')
  if (encoded && pem !== undefined) draft.take(placeOf(encoded), [['tls.clientCertificate.certificate', pem]])
  if (!subject) return
  if (pem === undefined) draft.take(placeOf(subject), [['tls.clientCertificate.subject', subject.value]])
  else draft.say(placeOf(subject), 'ignored', 'SslCertEncoded says which certificate it is')
}

function sourceOf(store: string, type: StoreType): string | SecretReference | undefined {
  if (type === 'pfx') {
    const base64 = store.replace(/\s+/g, '')
    return /^[A-Za-z0-9+/]+={0,2}$/.test(base64) ? base64 : undefined
  }
  if (type === 'pem' && store.includes('-----BEGIN ')) return unindented(store)
  if (/[\0\r\n]/.test(store)) return undefined
  return type.startsWith('windows') ? store : new SecretReference(`file:${store}`)
}

const unindented = (text: string) =>
  `${text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n')}\n`

/** One certificate as PEM, from PEM or its base64; the first of several. */
export function certificatePem(text: string): string | undefined {
  const [, inner] = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/.exec(text) ?? []
  const base64 = (inner ?? text).replace(/\s+/g, '')
  if (!/^MI[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`
}

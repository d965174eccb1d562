import { createHash, timingSafeEqual } from 'node:crypto'
import type { Secret } from '@posthorn/ground'
import { BerError } from '../../asn1/ber-reader.js'
import { readCertificate } from '../../read-certificate.js'
import { refusal } from '../../refusal.js'
import type { Opener, StoreContents, StoredCertificate, StoreInput } from '../opener.js'
import { pfxStore } from '../pkcs12/pfx-store.js'
import { Turn } from '../turn.js'
import { isJavaStore, readJavaStore } from './java-entries.js'
import type { JavaEntry, JavaStore } from './java-entries.js'
import { JavaFormatError } from './java-octets.js'
import { javaPassword, unprotectedKey } from './key-protector.js'
import { StoreKeys } from '../store-keys.js'
import type { Steps } from '../steps.js'

/**
 * Key stores of Java: JKS and JCEKS. Without a password the certificates are read, and nothing says then that they are the ones that
 * were put in. A `.jks` that keytool of Java 9 and later has written is PKCS #12 and opens as that.
 */
export const jksStore: Opener = { recognises: isJavaStore, open }

function* open(input: StoreInput): Steps<StoreContents> {
  if (pfxStore.recognises(input.octets)) return yield* pfxStore.open(input)
  try {
    const store = yield* readJavaStore(input.octets)
    if (input.password && !fits(store, input.password)) throw wrongPassword(input)
    return yield* contentsOf(store.entries, input)
  } catch (error) {
    if (!(error instanceof JavaFormatError || error instanceof BerError)) throw error
    const message = `${input.place} cannot be read as a Java key store: ${error.message}`
    const hint = 'Check that it is complete, or convert it: keytool -importkeystore -deststoretype PKCS12.'
    throw refusal('certificate.format', input.sourceField, message, hint, error)
  }
}

function* contentsOf(entries: readonly JavaEntry[], input: StoreInput): Steps<StoreContents> {
  const certificates: StoredCertificate[] = []
  const keys = new StoreKeys(input)
  const turn = new Turn()
  for (const { alias, protectedKey, certificates: chain } of entries) {
    for (const [index, der] of chain.entries()) {
      yield* turn.pass()
      const certificate = readCertificate(der, input.sourceField)
      certificates.push(index === 0 ? { certificate, name: alias, id: alias } : { certificate })
    }
    yield* turn.pass()
    if (protectedKey) yield* keys.open(alias, (password) => unprotectedKey(protectedKey, password, input.work))
  }
  return { certificates, ...keys.found() }
}

/** What Sun puts between password and store; so that it is no plain SHA-1 of the two. */
const WHITENER = 'Mighty Aphrodite'

function fits({ content, digest }: JavaStore, password: Secret): boolean {
  const found = createHash('sha1').update(javaPassword(password)).update(WHITENER).update(content).digest()
  return timingSafeEqual(found, digest)
}

function wrongPassword({ place, passwordField }: StoreInput): Error {
  const message = `does not open ${place}, or it is damaged`
  return refusal('certificate.password', passwordField, message, 'Check the password.')
}

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { privateKeyOf, readCertificate, type Identity } from '@posthorn/certificate'
import { mailIdentity, type MailIdentityFacts } from '@posthorn/testkit'

/** Somebody with a certificate for mail and its private key in memory. */
export async function mailPerson(facts: MailIdentityFacts): Promise<Identity> {
  const { certificate, key, chain } = await mailIdentity(facts)
  return {
    certificate: certificateOf(certificate),
    privateKey: privateKeyOf(createPrivateKey(key)),
    chain: chain.map(certificateOf),
  }
}

const certificateOf = (pem: string) => readCertificate(new X509Certificate(pem).raw)

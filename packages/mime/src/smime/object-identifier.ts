/** The object identifiers of CMS that signing and encrypting share (RFC 5652 14); those of one algorithm stand in its table. */
export const ID = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  envelopedData: '1.2.840.113549.1.7.3',
  /** RFC 5083 2. */
  authEnvelopedData: '1.2.840.113549.1.9.16.1.23',

  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  /** RFC 8551 2.5.2. */
  smimeCapabilities: '1.2.840.113549.1.9.15',
  /** RFC 5035 3. */
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  /** RFC 2634 5.4: with SHA-1. */
  signingCertificate: '1.2.840.113549.1.9.16.2.12',

  rsaEncryption: '1.2.840.113549.1.1.1',
  rsassaPss: '1.2.840.113549.1.1.10',
  mgf1: '1.2.840.113549.1.1.8',
  ed25519: '1.3.101.112',
} as const

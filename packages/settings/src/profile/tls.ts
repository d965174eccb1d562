import { z } from 'zod'
import { certificateSource } from './certificate-source.js'
import { content, count, group, line, lines, setting } from './parts.js'
import { tlsVersion } from './parts.js'

/** How TLS is spoken, and whom it trusts. */
export const tls = group({
  ca: setting(content(), {
    says: 'The authorities that are trusted, in place of the well-known ones: `file:PATH` or PEM.',
    effect: 'session',
    holds: 'content',
    smtp: 'tls.ca',
    flag: 'ca',
    from: ['runmyjobs.behaviour.chain-of-trust'],
  }),
  extraCa: setting(content(), {
    says: 'Authorities, or self-signed server certificates, trusted besides: `file:PATH` or PEM.',
    effect: 'session',
    holds: 'content',
    smtp: 'tls.extraCa',
    flag: 'extra-ca',
    from: ['runmyjobs.credential.X509_TrustedCertificate'],
  }),
  clientCertificate: certificateSource('shown to the server', 'session', [
    'illiad.config.SslCertStore',
    'beyondtrust.server.UserCertificateFile',
    'ipworks.prop.SSLCert',
  ]),
  servername: setting(line(255), {
    says: 'The name asked for in SNI and looked for in the certificate, when it is not the host.',
    effect: 'session',
    smtp: 'tls.servername',
  }),
  minVersion: setting(tlsVersion(), {
    says: 'The oldest version that is spoken. TLSv1 and TLSv1.1 are dead (RFC 8996).',
    effect: 'session',
    default: 'TLSv1.2',
    smtp: 'tls.minVersion',
    weakens: (value) => value === 'TLSv1' || value === 'TLSv1.1',
    from: ['javamail.mail.smtp.ssl.protocols', 'ipworks.config.SSLEnabledProtocols'],
  }),
  maxVersion: setting(tlsVersion(), {
    says: 'The newest version that is spoken.',
    effect: 'session',
    smtp: 'tls.maxVersion',
    weakens: (value) => value === 'TLSv1' || value === 'TLSv1.1',
    from: ['javamail.mail.smtp.ssl.protocols', 'ipworks.config.SSLEnabledProtocols'],
  }),
  ciphers: setting(line(10_000), {
    says: 'Cipher suites by IANA, OpenSSL or JSSE names, between blanks, commas, `:` or `;`.',
    effect: 'session',
    smtp: 'tls.ciphers',
    from: ['javamail.mail.smtp.ssl.ciphersuites', 'ipworks.config.SSLEnabledCipherSuites'],
  }),
  minStrengthBits: setting(count(1, 1024), {
    says: 'The smallest symmetric key, in bits.',
    effect: 'session',
    smtp: 'tls.minStrengthBits',
    from: ['ipworks.config.SSLCipherStrength'],
  }),
  ecdhCurve: setting(line(1000), {
    says: 'Groups for the key exchange, `X25519:P-256`.',
    effect: 'session',
    smtp: 'tls.ecdhCurve',
    from: ['ipworks.config.TLS13SupportedGroups'],
  }),
  sigalgs: setting(line(2000), {
    says: 'Signature algorithms, `ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256`.',
    effect: 'session',
    smtp: 'tls.sigalgs',
    from: ['ipworks.config.TLS13SignatureAlgorithms'],
  }),
  resumeSessions: setting(z.boolean(), {
    says: 'True: connections resume TLS sessions of earlier ones.',
    effect: 'session',
    default: false,
    smtp: 'reuseTlsSessions',
    from: ['ipworks.config.ReuseSSLSession'],
  }),
  rejectUnauthorized: setting(z.boolean(), {
    says: 'False: any certificate is taken, and anyone on the way can read everything.',
    effect: 'session',
    default: true,
    smtp: 'tls.rejectUnauthorized',
    flag: 'insecure-skip-verify',
    weakens: (value) => value === false,
    from: ['runmyjobs.setting.TLS.VerifyServerCertificateTrust'],
  }),
  verifyHost: setting(z.boolean(), {
    says: 'False: the chain of the certificate is checked, its name is not.',
    effect: 'session',
    default: true,
    smtp: 'tls.verifyHost',
    weakens: (value) => value === false,
    from: ['javamail.mail.smtp.ssl.checkserveridentity'],
  }),
  trustHosts: setting(lines(), {
    says: 'Hosts (`*`: all) whose chain is not checked; their name still is.',
    effect: 'session',
    smtp: 'tls.trustHosts',
    weakens: () => true,
    from: ['javamail.mail.smtp.ssl.trust', 'runmyjobs.javamail.mail.smtps.ssl.trust'],
  }),
  acceptedCertificates: setting(content(), {
    says: 'Server certificates taken whatever is wrong with them, exactly these: `file:PATH` or PEM.',
    effect: 'session',
    holds: 'content',
    smtp: 'tls.acceptedCertificates',
    weakens: () => true,
    from: ['illiad.config.SslAcceptServerCert', 'ipworks.prop.SSLAcceptServerCert'],
  }),
  pins: setting(lines(), {
    says: 'SHA-256 of public keys of which the verified path must have one (RFC 7469 2.4).',
    effect: 'session',
    smtp: 'tls.pins',
  }),
  revocation: group({
    crl: setting(z.enum(['off', 'soft', 'required']), {
      says: 'Whether revocation lists are asked; `soft` takes what cannot be asked after.',
      effect: 'session',
      default: 'off',
      smtp: 'tls.revocation.crl',
      from: ['ipworks.config.SSLCheckCRL'],
    }),
    ocsp: setting(z.enum(['off', 'soft', 'required']), {
      says: 'Whether OCSP is asked, the stapled answer first.',
      effect: 'session',
      default: 'off',
      smtp: 'tls.revocation.ocsp',
      from: ['ipworks.config.SSLCheckOCSP'],
    }),
  }),
  keyLogFile: setting(line(4096), {
    says: 'A file that gets the secrets of every TLS session, for reading a recording of the traffic.',
    effect: 'session',
    holds: 'path',
    smtp: 'tls.keyLogFile',
    flag: 'key-log',
    weakens: () => true,
    from: ['ipworks.config.TLSKeyLogFile'],
  }),
})

import { chmod, mkdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Secret, SettingsError } from '@posthorn/ground'
import { SETTINGS, type Profile } from '@posthorn/settings'
import { SmtpClient, type SmtpOptions } from '@posthorn/smtp'
import { certificates, mailIdentity, SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { Folder } from '../../test/oauth2/folder.js'
import { token, TokenEndpoint } from '../../test/oauth2/token-endpoint.js'
import { Mailer } from '../mailer.js'
import type { ProfileWarning } from './profile-warning.js'
import { smtpOptionsOf } from './smtp-options.js'
import { tokenOptionsOf } from './token-options.js'

const RELAY = { host: 'relay.example.test' }
const HIDDEN = 'hunter2-out-of-sight'

async function refusal(profile: Profile, terms = {}): Promise<SettingsError> {
  const error: unknown = await smtpOptionsOf(profile, terms).catch((thrown: unknown) => thrown)
  if (!(error instanceof SettingsError)) throw new Error('it was not refused')
  return error
}

const passwordOf = ({ credentials }: SmtpOptions) =>
  credentials && 'password' in credentials ? Secret.of(credentials.password).reveal() : undefined

describe('smtpOptionsOf', () => {
  it('hands every setting of the engine on to its place, and the client takes them all', async () => {
    const profile: Profile = {
      security: 'starttls',
      relay: { ...RELAY, port: 2525, pipelining: 'off', chunking: 'off', keepAlive: false, noDelay: false },
      identity: { localName: 'app.example.test', localAddress: '127.0.0.1', family: 4 },
      tls: { minVersion: 'TLSv1.3', servername: 'mx.example.test', resumeSessions: true, revocation: { ocsp: 'soft' } },
      credentials: { user: 'app', password: 'env:PW', mechanism: 'PLAIN', ntlm: { version: 2 }, realm: 'r' },
      limits: { octetsPerSecond: 1000, rate: { messages: 5, perMs: 1000 }, recipients: 3 },
      pool: { maxConnections: 3, probeIdleMs: 0, maxWaiting: 5, probeCommand: 'RSET', probeStrict: false },
      timeouts: { connectMs: 1000, idleMs: 2000, finalMs: 3000, quitMs: 0, totalMs: 4000 },
      delivery: { transferEncoding: '8bit' },
    }
    const { credentials, ...options } = await smtpOptionsOf(profile, { env: { PW: HIDDEN } })
    expect(options).toEqual({
      ...{ host: 'relay.example.test', port: 2525, security: 'starttls', pipelining: 'off', chunking: 'off' },
      ...{ keepAlive: false, noDelay: false, localName: 'app.example.test', localAddress: '127.0.0.1', family: 4 },
      ...{ reuseTlsSessions: true, maxOctetsPerSecond: 1000, deadlineMs: 4000, transferEncoding: '8bit' },
      tls: { minVersion: 'TLSv1.3', servername: 'mx.example.test', revocation: { ocsp: 'soft' } },
      pool: {
        ...{ maxConnections: 3, probeIdleMs: 0, maxWaiting: 5, probeCommand: 'RSET', probeStrict: false },
        rateLimit: { messages: 5, perMs: 1000 },
      },
      timeouts: { connectMs: 1000, idleMs: 2000, finalMs: 3000, quitMs: 0 },
    })
    expect(credentials).toMatchObject({ user: 'app', mechanism: 'PLAIN', realm: 'r', ntlm: { version: 2 } })
    expect(JSON.stringify(credentials)).not.toContain(HIDDEN)
    await new SmtpClient({ ...options, ...(credentials ? { credentials } : {}) }).close()
  })

  it('every setting that names a place in SmtpOptions names one that the client knows', async () => {
    const places = [...SETTINGS.values()].flatMap(({ smtp }) => smtp ?? [])
    expect(places.length).toBeGreaterThan(50)
    for (const place of places) {
      const keys = place.split('.')
      const options = keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), 0)
      let message = ''
      try {
        await new SmtpClient({ host: 'h', ...(options as object) }).close()
      } catch (error) {
        message = String(error)
      }
      expect(message, place).not.toMatch(/is not known|Did you mean/)
    }
  })

  it('0 is without limit for the times that say so', async () => {
    const timeouts = { connectMs: 0, idleMs: 0, writeMs: 0, finalMs: 0, quitMs: 0, totalMs: 0 }
    const { timeouts: times, deadlineMs } = await smtpOptionsOf({ relay: RELAY, timeouts })
    const most = 2 ** 31 - 1
    expect(times).toEqual({ connectMs: most, idleMs: most, writeMs: most, finalMs: most, quitMs: 0 })
    expect(deadlineMs).toBe(most)
  })

  it('LMTP goes to port 24 unless another one is given', async () => {
    expect(await smtpOptionsOf({ transport: 'lmtp', relay: RELAY })).toEqual({ ...RELAY, protocol: 'lmtp', port: 24 })
    const { port } = await smtpOptionsOf({ transport: 'lmtp', relay: { ...RELAY, port: 2003 } })
    expect(port).toBe(2003)
  })

  it.each([{ transport: 'direct' }, { transport: 'spool', spool: { directory: '/var/spool/app' } }] as const)(
    'says that there is no relay to be asked with %j',
    async (profile) => {
      expect(await refusal(profile)).toMatchObject({ code: 'settings.transport', field: 'transport' })
    },
  )

  it.each(['graph', 'ews', 'gmail'] as const)('says that there is no transport %s yet', async (transport) => {
    const profile: Profile = { transport, api: { url: 'https://mail.example.test/' } }
    expect(await refusal(profile)).toMatchObject({ code: 'settings.transport', field: 'transport' })
    expect(() => new Mailer(profile)).toThrow(expect.objectContaining({ code: 'settings.transport' }))
  })

  it('refuses a profile that is wrong, naming all of it', async () => {
    const wrong = { relay: { host: 'x y', port: 0 }, secuirty: 'none' } as unknown as Profile
    const error = await refusal(wrong)
    expect(error.message).toMatch(/relay\.host.*relay\.port.*secuirty/)
  })

  it('functions and keys in code are laid over it', async () => {
    const decide = () => true
    const profile: Profile = { relay: RELAY, tls: { servername: 'a.example.test' }, pool: { maxConnections: 2 } }
    const options = await smtpOptionsOf(profile, { smtp: { tls: { decide }, customMechanisms: [], port: 26 } })
    expect(options).toMatchObject({ port: 26, pool: { maxConnections: 2 }, customMechanisms: [] })
    expect(options.tls).toEqual({ servername: 'a.example.test', decide })
  })

  it('credentials that are switched off are not used', async () => {
    const credentials = { enabled: false, user: 'app', password: 'env:NOT_THERE' }
    expect(await smtpOptionsOf({ relay: RELAY, credentials }, { env: {} })).not.toHaveProperty('credentials')
  })
})

describe('what is kept elsewhere', () => {
  const login = (password: string): Profile => ({ relay: RELAY, credentials: { user: 'app', password } })

  it('comes from the environment, from a file beside the profile, or from the vault', async () => {
    await using folder = await Folder.make()
    await writeFile(folder.file('pw'), `\ufeff${HIDDEN}\r\nsecond line\r\n`, { mode: 0o600 })
    const terms = { directory: folder.path, env: { PW: HIDDEN }, vault: async (name: string) => `${name}-${HIDDEN}` }
    expect(passwordOf(await smtpOptionsOf(login('env:PW'), terms))).toBe(HIDDEN)
    expect(passwordOf(await smtpOptionsOf(login('file:pw'), terms))).toBe(HIDDEN)
    expect(passwordOf(await smtpOptionsOf(login(`file:${folder.file('pw')}`), terms))).toBe(HIDDEN)
    expect(passwordOf(await smtpOptionsOf(login(`file://${folder.file('pw')}`), terms))).toBe(HIDDEN)
    expect(passwordOf(await smtpOptionsOf(login('vault:mail'), terms))).toBe(`mail-${HIDDEN}`)
    expect(passwordOf(await smtpOptionsOf(login('plain:env:PW'), terms))).toBe('env:PW')
  })

  it('authorities are read whole', async () => {
    await using folder = await Folder.make()
    const { ca } = await certificates()
    await writeFile(folder.file('ca.pem'), ca)
    const profile: Profile = { relay: RELAY, tls: { ca: 'file:ca.pem', extraCa: 'env:CA' } }
    const { tls } = await smtpOptionsOf(profile, { directory: folder.path, env: { CA: ca } })
    expect(tls).toEqual({ ca, extraCa: ca })
  })

  it.each([
    ['env:NOT_THERE', 'settings.environment-missing', /NOT_THERE, which is not set/],
    ['env:EMPTY', 'settings.environment-missing', /EMPTY, which is empty/],
    ['file:none', 'settings.file', /none cannot be read \(ENOENT\)/],
    ['file:.', 'settings.file', /it is no file/],
    ['file:empty', 'settings.secret-empty', /empty, which has nothing on its first line/],
    ['vault:mail', 'settings.vault-missing', /there is no vault/],
    ['env:', 'settings.reference', /names nothing/],
  ])('%s: %s names the setting and what to do', async (password, code, message) => {
    await using folder = await Folder.make()
    await writeFile(folder.file('empty'), '\n')
    const error = await refusal(login(password), { directory: folder.path, env: { EMPTY: '' } })
    expect(error).toMatchObject({ code, field: 'credentials.password' })
    expect(error.message).toMatch(message)
    expect(error.hint).toMatch(/\.$/)
  })

  it('a vault that fails is named, and tells why', async () => {
    const cause = new Error('sealed')
    const error = await refusal(login('vault:mail'), { vault: () => Promise.reject(cause) })
    expect(error).toMatchObject({ code: 'settings.vault', field: 'credentials.password', cause })
  })

  it('a password in the profile works, with a warning that names the better way; one in a Secret is nobody’s business', async () => {
    const warnings: ProfileWarning[] = []
    const onWarning = (warning: ProfileWarning) => warnings.push(warning)
    expect(passwordOf(await smtpOptionsOf(login(HIDDEN), { onWarning }))).toBe(HIDDEN)
    expect(warnings).toMatchObject([{ code: 'settings.plain-secret', path: 'credentials.password' }])
    expect(warnings[0]!.hint).toContain('file:PATH')
    expect(JSON.stringify(warnings)).not.toContain(HIDDEN)
    warnings.length = 0
    await smtpOptionsOf({ ...login('x'), credentials: { user: 'app', password: new Secret(HIDDEN) } }, { onWarning })
    expect(warnings).toEqual([])
  })

  it.skipIf(process.platform === 'win32')(
    'a file that everybody can read is a warning, one in a closed folder is not',
    async () => {
      await using folder = await Folder.make()
      const open = folder.file('open')
      await mkdir(open)
      await chmod(folder.path, 0o755)
      await writeFile(join(open, 'pw'), HIDDEN)
      await chmod(join(open, 'pw'), 0o644)
      await chmod(open, 0o755)
      const warnings: ProfileWarning[] = []
      const terms = { directory: open, onWarning: (warning: ProfileWarning) => warnings.push(warning) }
      await smtpOptionsOf(login('file:pw'), terms)
      // where temporary files of this system are in a closed folder, nobody else can read this one
      const told = (await isOpen(folder.path))
        ? [{ code: 'settings.readable-secret', path: 'credentials.password' }]
        : []
      expect(warnings).toMatchObject(told)
      await chmod(open, 0o700)
      await smtpOptionsOf(login('file:pw'), terms)
      await chmod(join(open, 'pw'), 0o640)
      await chmod(open, 0o755)
      await smtpOptionsOf(login('file:pw'), terms)
      expect(warnings).toHaveLength(told.length)
    },
  )
})

describe('the proxy of a profile', () => {
  it.each<[NonNullable<Profile['proxy']>, SmtpOptions['proxy']]>([
    [{ host: 'p.example.test' }, { type: 'http', host: 'p.example.test' }],
    [
      { type: 'socks5', host: 'p.example.test', port: 1081 },
      { type: 'socks5', host: 'p.example.test', port: 1081 },
    ],
    [{ type: 'none', host: 'p.example.test' }, undefined],
    [{ type: 'environment' }, 'environment'],
    [{ type: 'system' }, 'system'],
    [{ bypass: ['localhost'] }, undefined],
  ])('%j', async (proxy, expected) => {
    const { proxy: found } = await smtpOptionsOf({ relay: RELAY, proxy })
    if (typeof expected === 'object') expect(found).toMatchObject(expected)
    else expect(found).toBe(expected)
  })

  it('its password is kept like any other, and its authorities count for https alone', async () => {
    const proxy = { user: 'u', password: 'env:PW', host: 'p.example.test', tls: { ca: 'PEM' } } as const
    const terms = { env: { PW: HIDDEN } }
    const { proxy: plain } = await smtpOptionsOf({ relay: RELAY, proxy }, terms)
    expect(plain).not.toHaveProperty('tls')
    const { proxy: secure } = await smtpOptionsOf({ relay: RELAY, proxy: { ...proxy, type: 'https' } }, terms)
    expect(secure).toMatchObject({ type: 'https', user: 'u', tls: { ca: 'PEM' } })
    expect(JSON.stringify(secure)).not.toContain(HIDDEN)
  })
})

describe('a client certificate of a profile', () => {
  const keyed = example('anna-with-key.pem')
  const alone = example('bruno.pem')

  it('comes out of a store with its key', async () => {
    const { tls } = await smtpOptionsOf({ relay: RELAY, tls: { clientCertificate: { source: `file:${keyed}` } } })
    expect(tls?.identity?.certificate.subject).toMatch(/Anna/i)
  })

  it('without a key is a warning, and none is shown', async () => {
    const warnings: ProfileWarning[] = []
    const profile: Profile = { relay: RELAY, tls: { clientCertificate: { source: `file:${alone}` } } }
    const options = await smtpOptionsOf(profile, { onWarning: (warning) => warnings.push(warning) })
    expect(options.tls).toBeUndefined()
    expect(warnings).toMatchObject([{ code: 'settings.no-key', path: 'tls.clientCertificate.source' }])
  })

  it.each<[string, NonNullable<Profile['tls']>['clientCertificate'], string, string]>([
    [
      'a subject that fits none',
      { source: `file:${keyed}`, subject: 'CN=Nobody' },
      'settings.no-certificate',
      'subject',
    ],
    [
      'a certificate of another key',
      { source: `file:${keyed}`, certificate: `file:${alone}` },
      'settings.no-key',
      'source',
    ],
    ['a certificate without a store', { certificate: `file:${alone}` }, 'settings.no-key', 'certificate'],
  ])('with %s is a warning, and none is shown', async (_what, clientCertificate, code, setting) => {
    const warnings: ProfileWarning[] = []
    const profile: Profile = { relay: RELAY, tls: { clientCertificate } }
    const options = await smtpOptionsOf(profile, { onWarning: (warning) => warnings.push(warning) })
    expect(options.tls).toBeUndefined()
    expect(warnings).toContainEqual(expect.objectContaining({ code, path: `tls.clientCertificate.${setting}` }))
  })

  it('has only its key out of the store when it is given itself [part of illiad.config.SslCertEncoded]', async () => {
    const { key, certificate } = await mailIdentity({ email: 'anna@example.test' })
    const base64 = certificate.replaceAll(/-----.*-----|\s/g, '')
    for (const given of [certificate, base64]) {
      const clientCertificate = { source: key, certificate: given }
      const { tls } = await smtpOptionsOf({ relay: RELAY, tls: { clientCertificate } })
      expect(tls?.identity?.certificate.subject).toBe('CN=anna@example.test')
    }
  })

  it.each([
    [{ source: 'file:none.pfx' }, 'settings.file', 'tls.clientCertificate.source'],
    [{ source: 'no certificate' }, 'certificate.format', 'tls.clientCertificate.source'],
    [
      { source: `file:${keyed}`, certificate: 'no certificate' },
      'certificate.format',
      'tls.clientCertificate.certificate',
    ],
  ])('%j is refused by the name of the setting', async (clientCertificate, code, field) => {
    expect(await refusal({ relay: RELAY, tls: { clientCertificate } })).toMatchObject({ code, field })
  })
})

describe('tokens of a profile', () => {
  const user = 'app@example.test'

  it('log in, had by the grant that it says', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('t0'))
    const tls = await certificates()
    await using sink = await SinkServer.start({ tls, auth: { user, password: 't0', mechanisms: ['XOAUTH2'] } })
    const mailer = new Mailer(
      {
        relay: { host: 'localhost', port: sink.port },
        tls: { ca: tls.ca },
        credentials: { user, mechanism: 'XOAUTH2' },
        oauth2: {
          tokenUrl: `${endpoint.url}/token`,
          ...{ clientId: 'app', clientSecret: 'env:SECRET', clientSecretMethod: 'post', scope: 'mail' },
          grant: 'client-credentials',
        },
      },
      { env: { SECRET: HIDDEN } },
    )
    await mailer.send({ from: user, to: 'b@example.test', text: 'x' })
    await mailer.close()
    expect(sink.sessions[0]!.authenticated).toBe(user)
    expect(endpoint.forms).toEqual([
      { grant_type: 'client_credentials', client_id: 'app', client_secret: HIDDEN, scope: 'mail' },
    ])
  })

  it.each([
    [{ provider: 'microsoft' }, 'oauth2.settings', 'oauth2.tenant'],
    [{ provider: 'microsoft', tenant: 't', clientId: 'a', grant: 'password' }, 'oauth2.settings', 'oauth2.user'],
    [{ clientId: 'a', grant: 'client-credentials' }, 'oauth2.settings', 'oauth2.provider'],
    [{ provider: 'google', grant: 'refresh-token', clientId: 'a' }, 'oauth2.settings', 'oauth2.refreshToken'],
    [{ provider: 'google', grant: 'service-account' }, 'oauth2.settings', 'oauth2.serviceAccountKey'],
    [
      { provider: 'google', clientId: 'a', clientSecret: 'env:NONE' },
      'settings.environment-missing',
      'oauth2.clientSecret',
    ],
  ] as const)('%j is refused by the name of the setting', async (oauth2, code, field) => {
    const error = await refusal({ relay: RELAY, credentials: { user }, oauth2 }, { env: {} })
    expect(error).toMatchObject({ code, field })
    expect(error.hint).toMatch(/\.$/)
  })

  it('the times of the profile count for its token requests [part of genesys.behaviour.http-timeouts]', async () => {
    await using endpoint = await TokenEndpoint.start(() => 'hold')
    const oauth2 = { tokenUrl: `${endpoint.url}/token`, clientId: 'app', grant: 'client-credentials' } as const
    const { credentials } = await smtpOptionsOf({
      relay: RELAY,
      credentials: { user },
      oauth2,
      timeouts: { idleMs: 30 },
    })
    if (!credentials || !('accessToken' in credentials) || typeof credentials.accessToken !== 'function')
      throw new Error()
    await expect(credentials.accessToken()).rejects.toMatchObject({ outcome: 'transient' })
    const times = { connectMs: 0, idleMs: 2000 }
    expect((await tokenOptionsOf({ relay: RELAY, oauth2, timeouts: times })).web).toMatchObject({
      connectMs: 2 ** 31 - 1,
      timeoutMs: 2000,
    })
  })

  it('nobody guesses whether a password or a token logs in', async () => {
    const oauth2 = { provider: 'google', clientId: 'a' } as const
    const credentials = { user, password: HIDDEN }
    expect(await refusal({ relay: RELAY, credentials, oauth2 })).toMatchObject({
      ...{ code: 'settings.rule', field: 'credentials.password' },
    })
    const byPassword = await smtpOptionsOf({
      relay: RELAY,
      credentials: { ...credentials, mechanism: 'PLAIN' },
      oauth2,
    })
    expect(byPassword.credentials).toHaveProperty('password')
    const byToken = await smtpOptionsOf({ relay: RELAY, credentials: { ...credentials, mechanism: 'XOAUTH2' }, oauth2 })
    expect(byToken.credentials).toMatchObject({ user, accessToken: expect.any(Function) as unknown })
    expect(byToken.credentials).not.toHaveProperty('password')
  })

  it.each([
    [{ mechanisms: ['PLAIN', 'LOGIN'] }, 'credentials.mechanisms'],
    [{ mechanism: 'CRAM-MD5' }, 'credentials.mechanism'],
  ])('%j: the password logs in, and tokens are kept, with a warning', async (named, setting) => {
    const warnings: ProfileWarning[] = []
    const credentials = { user, password: new Secret(HIDDEN), ...named }
    const profile: Profile = { relay: RELAY, credentials, oauth2: { provider: 'google', clientId: 'a' } }
    const options = await smtpOptionsOf(profile, { onWarning: (warning) => warnings.push(warning) })
    expect(passwordOf(options)).toBe(HIDDEN)
    expect(options.credentials).not.toHaveProperty('accessToken')
    expect(warnings).toMatchObject([
      { code: 'settings.unused', path: 'oauth2', message: `is kept and not used: ${setting} takes no token` },
    ])
  })

  it.each([['XOAUTH2', 'PLAIN'], []])('nobody guesses with %j either', async (...mechanisms) => {
    const credentials = { user, password: HIDDEN, mechanisms }
    expect(await refusal({ relay: RELAY, credentials, oauth2: { provider: 'google', clientId: 'a' } })).toMatchObject({
      code: 'settings.rule',
      field: 'credentials.password',
    })
  })

  it('the mailbox to act for logs in when no other is named', async () => {
    const key = JSON.stringify({
      client_email: 'robot@p.iam.example',
      private_key: 'x',
      token_uri: 'https://t.example/',
    })
    const oauth2 = { provider: 'google', grant: 'service-account', serviceAccountKey: key, subject: user } as const
    expect((await smtpOptionsOf({ relay: RELAY, oauth2 })).credentials).toMatchObject({ user })
    const nobody = { provider: 'google', clientId: 'a' }
    expect(await refusal({ relay: RELAY, oauth2: nobody })).toMatchObject({ field: 'credentials.user' })
  })
})

function example(name: string): string {
  return fileURLToPath(new URL(`../../../../examples/certificates/${name}`, import.meta.url))
}

async function isOpen(folder: string): Promise<boolean> {
  const { mode } = await stat(folder)
  return (mode & 1) !== 0 && (dirname(folder) === folder || (await isOpen(dirname(folder))))
}

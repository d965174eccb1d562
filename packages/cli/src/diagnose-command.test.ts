import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { certificates, SinkServer } from '@posthorn/testkit'
import type { Diagnosis, tlsCapabilities } from 'posthorn'
import { describe, expect, it } from 'vitest'
import { Folder, posthorn } from '../test/child.js'

const LOGIN = { user: 'app', password: 'correct-horse-7' }

describe('posthorn diagnose', () => {
  it('prints a checklist and what is wrong, in the words of the command', async () => {
    await using sink = await SinkServer.start({ tls: await certificates() })
    const { code, stdout, stderr } = await posthorn(['diagnose', `localhost:${sink.port}`])
    expect([code, stderr]).toEqual([69, ''])
    expect(stdout).toMatch(/^\S+ +settings +localhost port \d+\n\S+ +resolve /)
    expect(stdout).toMatch(/\n\S+ +starttls +the certificate of .*\[tls\.unknown-issuer\]\n/)
    expect(stdout).toContain('\ntls.unknown-issuer: The certificate of the server is from an authority')
    expect(stdout).toContain("\nwhat to do: Trust the authority's certificate with --extra-ca FILE.\n")
    expect(stdout).toMatch(/\nnot ready to send \(\d\.\d s\)\n$/)
  })

  it('says that all is well, tries addresses, and prints JSON', async () => {
    const tls = await certificates()
    await using folder = await Folder.make()
    await writeFile(folder.join('ca.pem'), tls.ca)
    await using sink = await SinkServer.start({ tls, auth: LOGIN })
    const args = ['diagnose', `app@localhost:${sink.port}`, '--extra-ca', folder.join('ca.pem')]
    const tried = [...args, '--from', 'a@example.test', '--to', 'b@example.test', '--size', '1000', '--trail']
    const text = await posthorn(tried, { env: { POSTHORN_PASSWORD: LOGIN.password } })
    expect(text.code).toBe(0)
    expect(text.stdout).toMatch(/\nready to send; no mail was sent \(/)
    expect(text.stderr).toContain('C: MAIL FROM:<a@example.test>')
    const json = await posthorn([...args, '--json'], { env: { POSTHORN_PASSWORD: 'wrong-horse-8' } })
    expect(json.code).toBe(77)
    const found = JSON.parse(json.stdout) as Diagnosis
    expect(found).toMatchObject({ ok: false, findings: [{ code: 'auth.password-wrong', step: 'auth' }] })
    for (const secret of [LOGIN.password, 'wrong-horse-8', btoa(`\0app\0${LOGIN.password}`)])
      expect(text.stdout + text.stderr + json.stdout + json.stderr).not.toContain(secret)
    expect(sink.ledger).toEqual([])
  })

  it('does not blame the mail server when the provider of tokens says nothing, or no', async () => {
    await using folder = await Folder.make()
    await using sink = await SinkServer.start({ auth: { ...LOGIN, mechanisms: ['XOAUTH2'] } })
    let refuses = false
    const provider = createServer((request, response) => {
      request.resume()
      if (refuses) response.writeHead(400).end('{"error":"invalid_client","error_description":"who is that"}')
    }).listen(0, '127.0.0.1')
    await once(provider, 'listening')
    const file = folder.join('oauth2.json')
    const tokenUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/token`
    await writeFile(file, JSON.stringify({ tokenUrl, clientId: 'app', grant: 'client-credentials' }))
    const way = [`smtp://app@127.0.0.1:${sink.port}?security=none`, '--allow-cleartext-auth', '--oauth2', file]
    const silent = await posthorn(['diagnose', ...way, '--patience', '0.5', '--json'])
    expect(silent.code).toBe(75)
    expect((JSON.parse(silent.stdout) as Diagnosis).findings[0]).toMatchObject({
      code: 'token.no-answer',
      step: 'auth',
    })
    refuses = true
    const refused = await posthorn(['diagnose', ...way, '--json'])
    expect(refused.code).toBe(77)
    const [finding] = (JSON.parse(refused.stdout) as Diagnosis).findings
    expect(finding).toMatchObject({
      code: 'token.invalid-client',
      evidence: expect.stringContaining('who is that') as string,
    })
    provider.close()
    provider.closeAllConnections()
  })

  it('tells a port that waits for TLS, and a mistyped flag', async () => {
    await using sink = await SinkServer.start({ tls: await certificates(), implicitTls: true })
    const { code, stdout } = await posthorn(['diagnose', `smtp://localhost:${sink.port}`])
    expect(code).toBe(69)
    expect(stdout).toContain('\ntls.use-implicit: ')
    expect(stdout).toContain('\nwhat to do: Use --security implicit.\n')
    const typed = await posthorn(['diagnose', 'localhost', '--size', 'much'])
    expect([typed.code, typed.stderr]).toEqual([64, expect.stringContaining('--size')])
  })
})

describe('posthorn tls-info', () => {
  it('[runmyjobs.behaviour.tls-versions] prints the versions and suites of this Node', async () => {
    const { code, stdout } = await posthorn(['tls-info', '--json'])
    expect(code).toBe(0)
    const found = JSON.parse(stdout) as Awaited<ReturnType<typeof tlsCapabilities>>
    expect(found.versions).toEqual(
      expect.arrayContaining([
        { name: 'TLSv1.2', byDefault: true },
        { name: 'TLSv1.3', byDefault: true },
      ]),
    )
    expect(found.ciphers).toContainEqual({
      name: 'TLS_AES_256_GCM_SHA384',
      opensslName: 'TLS_AES_256_GCM_SHA384',
      strengthBits: 256,
    })
    expect(found.groups.length).toBeGreaterThan(2)
    const text = await posthorn(['tls-info'])
    expect(text.stdout).toMatch(/^runtime .*\nversions .*TLSv1\.3/)
  })
})

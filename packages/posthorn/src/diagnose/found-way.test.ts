import { connect } from 'node:net'
import { certificates, SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { diagnose, type DiagnoseOptions } from './diagnose.js'

const absent = () => Promise.reject(Object.assign(new Error('none'), { code: 'ENOTFOUND' }))
const refused = () => Promise.reject(Object.assign(new Error('closed'), { code: 'ECONNREFUSED' }))

interface World {
  readonly target?: string
  readonly servers?: Readonly<Record<string, SinkServer>>
  readonly srv?: () => Promise<never>
}

async function worldOf({ target, servers = {}, srv }: World): Promise<DiagnoseOptions> {
  const records = (name: string) =>
    target !== undefined && name.startsWith('_submissions.')
      ? Promise.resolve([{ name: target, port: 465, priority: 0, weight: 0 }])
      : absent()
  return {
    patienceMs: 3_000,
    discover: {
      resolver: { srv: srv ?? records, mx: srv ?? absent },
      fetch: () => Promise.resolve(new Response('', { status: 404 })),
      ispdb: false,
      road: {
        tls: { ca: (await certificates()).ca, servername: 'relay.example.test' },
        connector: ({ host, port }) => {
          const server = servers[`${host}:${port}`]
          return server ? Promise.resolve(connect(server.port, '127.0.0.1')) : refused()
        },
      },
    },
  }
}

describe('diagnose of a mail address', () => {
  it('looks for the server, says who names it, and goes on to it', async () => {
    await using server = await SinkServer.start({ tls: await certificates(), implicitTls: true })
    const servers = { 'smtp.example.test:465': server }
    const found = await diagnose('you@example.test', await worldOf({ target: 'smtp.example.test', servers }))
    expect(found).toMatchObject({ ok: true, host: 'smtp.example.test', port: 465, security: 'implicit', findings: [] })
    expect(found.checks[0]).toEqual({
      step: 'discover',
      status: 'ok',
      text: 'smtp.example.test port 465 (implicit), by the SRV record _submissions._tcp.example.test',
    })
    expect(found.checks.map(({ step }) => step)).toContain('ehlo')
    expect(found.discovery!.candidates).toHaveLength(1)
    expect(server.sessions.flatMap(({ commands }) => commands).some((command) => command.startsWith('AUTH'))).toBe(
      false,
    )
  })

  it('warns of a name that nothing but DNS vouches for', async () => {
    await using server = await SinkServer.start({ tls: await certificates(), implicitTls: true })
    const servers = { 'smtp.elsewhere.test:465': server }
    const found = await diagnose('you@example.test', await worldOf({ target: 'smtp.elsewhere.test', servers }))
    expect(found.ok).toBe(true)
    expect(found.findings).toMatchObject([{ code: 'discover.unconfirmed', severity: 'warning', step: 'discover' }])
  })

  it('finds what is wrong with the server that was found', async () => {
    await using server = await SinkServer.start({ tls: (await certificates()).expired, implicitTls: true })
    const servers = { 'smtp.example.test:465': server }
    const found = await diagnose('you@example.test', await worldOf({ target: 'smtp.example.test', servers }))
    expect(found.findings[0]).toMatchObject({ code: 'tls.expired', step: 'tls' })
    expect(found.checks[0]).toMatchObject({ step: 'discover', status: 'ok' })
  })

  it.each([
    ['discover.none', {}],
    ['discover.not-offered', { target: '.' }],
    ['discover.no-answer', { srv: () => Promise.reject(Object.assign(new Error('no'), { code: 'ESERVFAIL' })) }],
  ] as const)('tells %s, with what was asked', async (code, world) => {
    const found = await diagnose('you@example.test', await worldOf(world))
    expect(found).toMatchObject({ ok: false, host: '' })
    expect(found.findings).toMatchObject([{ code, step: 'discover', severity: 'error' }])
    expect(found.findings[0]!.evidence).toContain('_submissions._tcp.example.test')
    expect(found.discovery!.steps.length).toBeGreaterThan(3)
  })

  it('takes no URL, and no user with a password, for a mail address', async () => {
    const options = await worldOf({})
    for (const way of ['smtp://you@127.0.0.1:1', 'you:secret-77@127.0.0.1:1', 'you@127.0.0.1:1']) {
      const found = await diagnose(way, { ...options, patienceMs: 1_000 })
      expect(found.discovery).toBeUndefined()
      expect(JSON.stringify(found)).not.toContain('secret-77')
    }
    const odd = await diagnose('you@localhost', options)
    expect(odd.findings[0]).toMatchObject({ code: 'settings.invalid' })
  })
})

import { describe, expect, it } from 'vitest'
import { hostName } from './mail-address.js'
import { providerOfDomain, providerOfMx, serversOf } from './provider.js'
import { PROVIDERS } from './providers.js'

describe('the table of providers', () => {
  it('has at least sixty with a submission server, each checked and with its sources', () => {
    expect(PROVIDERS.filter(({ servers }) => servers.length > 0).length).toBeGreaterThanOrEqual(60)
    for (const { id, checkedOn, readAt } of PROVIDERS) {
      expect(checkedOn, id).toMatch(/^\d{4}-\d{2}-\d{2}$/)
      expect(readAt.length, id).toBeGreaterThan(0)
    }
  })

  it('has every id, domain and mail exchanger once', () => {
    for (const list of [
      PROVIDERS.map(({ id }) => id),
      PROVIDERS.flatMap(({ domains }) => domains),
      PROVIDERS.flatMap(({ mx }) => mx),
    ]) {
      expect(list.filter((each, index) => list.indexOf(each) !== index)).toEqual([])
    }
  })

  it('names hosts, ports and domains that are some', () => {
    for (const { domains, servers, mx, kind } of PROVIDERS) {
      for (const domain of domains) expect(hostName(domain.replace('*.', 'x.'))).toBe(domain.replace('*.', 'x.'))
      for (const pattern of mx)
        expect(hostName(pattern.replace('{region}', 'x'))).toBe(pattern.replace('{region}', 'x'))
      for (const { host, port } of servers) {
        const filled = host.replace('{region}', 'x').replace('{domain}', 'x.test')
        expect(hostName(filled)).toBe(filled)
        expect([465, 587]).toContain(port)
      }
      expect(servers.length > 0).toBe(kind === 'mailboxes')
      expect(domains.length + mx.length).toBeGreaterThan(0)
    }
  })

  it('does not take a part of a label for a name', () => {
    for (const exchange of [
      'notgmx.net',
      'gmx.net.attacker.test',
      'xaspmx.l.google.com',
      'mx.zoho.com.attacker.test',
      'zoho.attackers.test',
    ]) {
      expect(providerOfMx(PROVIDERS, exchange), exchange).toBeUndefined()
    }
    expect(providerOfDomain(PROVIDERS, 'notgmail.com')).toBeUndefined()
    expect(providerOfDomain(PROVIDERS, 'onmicrosoft.com.attacker.test')).toBeUndefined()
  })

  it('fills in regions and domains', () => {
    const region = (exchange: string) => {
      const match = providerOfMx(PROVIDERS, exchange)!
      return serversOf(match, 'example.test')[0]!.host
    }
    expect(region('mx.zoho.com.au')).toBe('smtppro.zoho.com.au')
    expect(region('mx2.zoho.in')).toBe('smtppro.zoho.in')
    expect(region('mx01.ionos.es')).toBe('smtp.ionos.es')
    expect(region('inbound-smtp.us-east-1.amazonaws.com')).toBe('smtp.mail.us-east-1.awsapps.com')
    expect(serversOf(providerOfDomain(PROVIDERS, 'inbox.eu')!, 'inbox.eu')[0]!.host).toBe('mail.inbox.eu')
  })

  it('takes the longest pattern, and knows filters and forwarders for what they are', () => {
    expect(providerOfMx(PROVIDERS, 'x.olc.protection.outlook.com')!.provider.id).toBe('outlook')
    expect(providerOfMx(PROVIDERS, 'mx0a-001b2d01.pphosted.com')!.provider.kind).toBe('filter')
    expect(providerOfMx(PROVIDERS, 'us-smtp-inbound-1.mimecast.com')!.provider.kind).toBe('filter')
    expect(providerOfMx(PROVIDERS, 'route1.mx.cloudflare.net')!.provider.kind).toBe('inbound')
  })
})

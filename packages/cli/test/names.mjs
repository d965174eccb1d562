// Loaded before a command that is tested (`node --import`): takes the place of DNS. Only the names in TEST_NAMES exist, as JSON:
// { "srv": { "_submissions._tcp.example.test": [...] }, "mx": { "example.test": [...] }, "hosts": { "relay.example.test": "127.0.0.1" } }
import dns from 'node:dns/promises'
import { syncBuiltinESMExports } from 'node:module'

const { srv = {}, mx = {}, hosts = {} } = JSON.parse(process.env.TEST_NAMES ?? '{}')
const answers = (records) => async (name) => {
  if (name in records) return records[name]
  throw Object.assign(new Error(`${name} is no name of the test`), { code: 'ENOTFOUND' })
}

dns.Resolver.prototype.resolveSrv = answers(srv)
dns.Resolver.prototype.resolveMx = answers(mx)
const addressOf = answers(hosts)
dns.lookup = async (host) => [{ address: await addressOf(host), family: 4 }] // asked for all of them
syncBuiltinESMExports()

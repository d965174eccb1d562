import { expect, test } from 'vitest'
import { componentValues, connected, type Properties, type Settings } from '../../../../test/ipworks-road.js'
import { LineServer } from '../../../../test/parity/line-server.js'

/** Connects to a relay of this machine. */
async function met(properties: Properties, settings: Settings = {}) {
  await using relay = await LineServer.start()
  const values = componentValues({ MailServer: '127.0.0.1', MailPort: relay.port, ...properties }, settings)
  const { error } = await connected(values)
  return { error, peer: relay.peers[0], lines: relay.lines }
}

/** On Linux the whole of 127/8 is this machine. */
const OTHER = process.platform === 'linux' ? '127.0.0.2' : '127.0.0.1'

test('[part of ipworks.prop.LocalHost] the server sees the address that was set', async () => {
  expect((await met({ LocalHost: OTHER })).peer?.address).toBe(OTHER)
})

test('[part of ipworks.prop.LocalHost] a name is looked up first', async () => {
  expect((await met({ LocalHost: 'localhost' })).peer?.address).toBe('127.0.0.1')
})

test('[part of ipworks.prop.AllowExtensions] HELO alone', async () => {
  const { lines } = await met({ AllowExtensions: false }, { Hello: 'app.example' })
  expect(lines).toEqual(['HELO app.example', 'QUIT'])
})

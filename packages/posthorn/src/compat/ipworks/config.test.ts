import { expect, it } from 'vitest'
import { configNamed, readConfig, writeConfig, type Configured } from './config.js'
import { ComponentValues } from './values.js'

it('a setting of the message is told before it is set, and no other', () => {
  const values = new ComponentValues(() => false)
  const told: string[] = []
  const configured: Configured = {
    ...{ values, tls: undefined, socket: undefined, transferText: () => '' },
    read: (name) => values.property(name),
    write: (name) => told.push(`write ${name}`),
    messageChanges: () => told.push(`was ${readConfig(configured, name)}`),
  }
  let name = configNamed('charset')
  writeConfig(configured, name, 'ISO-8859-1')
  name = configNamed('foldheaders')
  writeConfig(configured, name, 'False')
  expect(told.splice(0)).toEqual(['was ', 'was True'])
  for (const [setting, text] of [
    ['SSLCheckCRL', '1'],
    ['FirewallHost', 'proxy.test'],
    ['AbsoluteTimeout', 'True'],
  ] as const)
    writeConfig(configured, configNamed(setting), text)
  expect(told).toEqual([])
  expect(() => writeConfig(configured, 'FoldHeaders', 'perhaps')).toThrow(expect.objectContaining({ code: 10022 }))
  expect(told).toEqual([])
  writeConfig(configured, 'OtherHeaders', 'X-A: 1')
  expect(told).toEqual(['write OtherHeaders'])
})

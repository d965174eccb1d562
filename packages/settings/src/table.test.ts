import { describe, expect, it } from 'vitest'
import { environmentName } from './environment.js'
import { profileJsonSchema } from './json-schema.js'
import { valueFromText } from './parse-text.js'
import { SETTING_FLAGS, flagValues } from './flags.js'
import { SETTINGS } from './table.js'
import { fromValues, valuesOf } from './values.js'

const ALL = [...SETTINGS.values()]

describe('the table of settings', () => {
  it.each(ALL)('says all there is to know of $path', (setting) => {
    expect(setting.says).toMatch(/^[A-Z`0-9].*\.$/s)
    expect(['message', 'session', 'start']).toContain(setting.effect)
    const { default: usual } = setting
    if (usual !== undefined && !String(usual).startsWith('(')) expect(setting.type.safeParse(usual).success).toBe(true)
    if (/Ms$/.test(setting.path)) expect(setting.unit ?? 'ms').toBe('ms')
    if (/Octets$/.test(setting.path)) expect(setting.unit).toBe('octets')
  })

  it('gives each a variable of its own', () => {
    expect(new Set(ALL.map(({ path }) => environmentName(path))).size).toBe(ALL.length)
  })

  it('gives no two the same place in the options of the client', () => {
    const places = ALL.flatMap(({ smtp }) => smtp ?? [])
    expect(new Set(places).size).toBe(places.length)
  })

  it('is a JSON Schema, with secrets as text', () => {
    const schema = profileJsonSchema() as {
      properties: Record<string, { properties: Record<string, object> }>
    }
    expect(schema.properties['credentials']?.properties['password']).toEqual({
      type: 'string',
      minLength: 1,
      description: SETTINGS.get('credentials.password')?.says,
      writeOnly: true,
    })
    expect(schema.properties['pool']?.properties['maxConnections']).toMatchObject({ minimum: 1, default: 10 })
    expect(schema.properties).toHaveProperty('sites')
  })

  it('takes a profile apart and puts it together again, hostile names as well', () => {
    const given = JSON.parse('{"relay":{"host":"h"},"__proto__":{"x":1},"tls":{"pins":["a"]}}') as object
    const values = [...valuesOf(given)]
    expect(values).toEqual([
      ['relay.host', 'h'],
      ['__proto__', { x: 1 }],
      ['tls.pins', ['a']],
    ])
    expect(JSON.stringify(fromValues(values))).toBe(JSON.stringify(given))
    expect(({} as { x?: number }).x).toBeUndefined()
  })
})

describe('flags', () => {
  it('stand for settings', () => {
    const given = { passwordFile: 'p.txt', deadline: '1.5', insecureSkipVerify: true, revocation: 'soft', user: 'app' }
    expect([...flagValues(given, (path) => `/here/${path}`)].sort()).toEqual([
      ['credentials.password', 'file:/here/p.txt'],
      ['credentials.user', 'app'],
      ['timeouts.totalMs', 1500],
      ['tls.rejectUnauthorized', false],
      ['tls.revocation.crl', 'soft'],
      ['tls.revocation.ocsp', 'soft'],
    ])
    expect(() => [...flagValues({ deadline: 'soon' }, String)]).toThrow('--deadline: must be a number of seconds')
    expect(SETTING_FLAGS.filter(({ weakens }) => weakens).map(({ name }) => name)).toEqual([
      '--insecure-skip-verify',
      '--allow-cleartext-auth',
    ])
  })

  it('read each kind of value', () => {
    const read = (path: string, text: string) => valueFromText(SETTINGS.get(path)!, text)
    expect(read('identity.family', '4')).toBe(4)
    expect(read('tls.verifyHost', 'Off')).toBe(false)
    expect(read('tls.pins', 'a, b,,c')).toEqual(['a', 'b', 'c'])
    expect(read('headers.fields', '[{"name":"X","value":"1"}]')).toEqual([{ name: 'X', value: '1' }])
    expect(() => read('headers.fields', '{Geheim')).toThrow(/^headers\.fields: must be a list in JSON$/)
    expect(() => read('relay.port', '1e3')).toThrow('whole number')
  })
})

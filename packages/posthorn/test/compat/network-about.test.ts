import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { SMTP } from '../../src/compat/ipworks/index.js'
import { component, sink } from './component.js'

const PACKAGE = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string
  readonly license: string
}

test('[ipworks.config.BuildInfo] name and version of the package', () => {
  const smtp = new SMTP()
  expect(smtp.config('BuildInfo')).toBe(`Posthorn ${PACKAGE.version}`)
  expect(() => smtp.config('BuildInfo=x')).toThrow(expect.objectContaining({ code: 10022 }))
})

test('[ipworks.config.LicenseInfo] five names; no key, no expiry, the name of our licence', () => {
  const smtp = new SMTP()
  const items = smtp
    .config('LicenseInfo')
    .split('\r\n')
    .map((line) => line.split(': ') as [string, string])
  expect(Object.fromEntries(items)).toEqual({
    Product: 'Posthorn',
    'Product Key': '',
    'License Source': expect.any(String) as string,
    'License Type': PACKAGE.license,
    'Last Valid Build': '',
  })
  expect(() => smtp.config('LicenseInfo=x')).toThrow(expect.objectContaining({ code: 10022 }))
})

test('[ipworks.config.GUIAvailable] it is kept and changes nothing', async () => {
  const smtp = component(await sink())
  expect(smtp.config('GUIAvailable')).toBe('True')
  expect(smtp.config('GUIAvailable=False')).toBe('False')
  let steps = 0
  smtp.on('Transfer', () => steps++)
  await smtp.send()
  expect(steps).toBe(1)
  expect(smtp.config('GUIAvailable')).toBe('False')
  smtp.reset()
  expect(smtp.config('GUIAvailable')).toBe('True')
})

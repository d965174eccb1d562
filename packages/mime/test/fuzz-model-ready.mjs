// What a part that is ready is to be: as it was given.
import { octetsIn } from './fuzz-draft-parts.mjs'
import { FORBIDDEN } from './fuzz-fragments.mjs'

export function readyModel(part, field, refusals) {
  const seen = new Set()
  const { headers, content } = part
  headers.forEach((header, index) => {
    const at = `${field}.headers[${index}]`
    const name = header?.name
    const value = header?.value
    if (typeof name !== 'string' || FORBIDDEN.test(name)) return refusals.mustBe(`${at}.name`)
    if (typeof value !== 'string' || FORBIDDEN.test(value)) return refusals.mustBe(`${at}.value`)
    const key = name.toLowerCase()
    if (!/^content-[!-9;-~]+$/.test(key) || seen.has(key) || !/^[ -~]*[!-~][ -~]*$/.test(value)) refusals.mustBe(at)
    else if (!/^content-[a-z0-9-]{1,60}$/.test(key)) refusals.mayBe(at)
    if (key === 'content-transfer-encoding' && !/^(?:7bit|8bit|binary|base64|quoted-printable)$/i.test(value))
      refusals.mustBe(at)
    seen.add(key)
  })
  const want = octetsIn(content)
  return {
    what: 'ready part',
    ready: true,
    type: undefined,
    inline: false,
    problem(entity) {
      const fields = entity.fields.filter(({ key }) => key.startsWith('content-'))
      const got = fields.map(({ name, value }) => `${name}: ${value}`)
      const given = headers.map(({ name, value }) => `${name}: ${value.trim()}`)
      if (JSON.stringify(got) !== JSON.stringify(given)) return `its fields are ${JSON.stringify(got)}`
      return Buffer.from(entity.raw, 'latin1').equals(want)
        ? undefined
        : `its octets are ${JSON.stringify(entity.raw.slice(0, 200))}`
    },
  }
}

import { SettingsError } from '@posthorn/ground/portable'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitsXml, MAX_XML_DEPTH, MAX_XML_ELEMENTS, readXml, xmlText } from './xml.js'

function refusal(text: string): string {
  try {
    readXml(text, 'a.xml')
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    expect(error.code).toBe('import.format')
    return error.message
  }
  throw new Error(`was read: ${text.slice(0, 200)}`)
}

describe('readXml', () => {
  it('gives elements in their order, with attributes, lines and their own text', () => {
    const root = readXml(
      '\ufeff<?xml version="1.0"?>\r\n<!-- c -->\r\n<r a="1" b=\'2\'>x<k/>y<k>z</k>\n<l/></r>\n',
      'a.xml',
    )
    expect(root).toMatchObject({ name: 'r', attributes: { a: '1', b: '2' }, text: 'xy\n', line: 3 })
    expect(root.children.map(({ name, text, line }) => [name, text, line])).toEqual([
      ['k', '', 3],
      ['k', 'z', 3],
      ['l', '', 4],
    ])
  })

  it('keeps text exactly: blanks, numbers, line ends as LF, CDATA joined, comments left out', () => {
    expect(readXml('<r>  007 \r\n\rtrue\t<![CDATA[<b>&amp;]]]]><![CDATA[>]]> a<!-- x -->b </r>', 'a.xml').text).toBe(
      '  007 \n\ntrue\t<b>&amp;]]> ab ',
    )
    expect(readXml('<r><![CDATA[]]></r>', 'a.xml').text).toBe('')
  })

  it('resolves the five predefined entities and character references, once', () => {
    const root = readXml('<r a="&lt;&#65;&quot;\n\t">&amp;lt;&#x20AC;&apos;&gt;&#13;&#x1F4EF;</r>', 'a.xml')
    expect(root.text).toBe("&lt;€'>\r\u{1f4ef}")
    expect(root.attributes).toEqual({ a: '<A"  ' })
  })

  it.each(['<r ====/>', '<r =/>', '<r a=="1"/>', '<r a="1" ="2"/>', '<r></r =>', '<r></r a="1">', '<r/ >'])(
    'refuses a tag that is none: %s',
    (text) => expect(refusal(text)).toContain('in line 1'),
  )

  it.each(['<r>&nbsp;</r>', '<r>& b</r>', '<r>&amp</r>', '<r>&#0;</r>', '<r>&#xD800;</r>', '<r>&#x110000;</r>'])(
    'refuses other references: %s',
    (text) => {
      expect(refusal(text)).toContain('line 1')
    },
  )

  it('refuses every document type declaration, entities in it and from outside', () => {
    const laughs = `<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>`
    expect(refusal(`<?xml version="1.0"?>\n${laughs}\n<l>&b;</l>`)).toContain('document type declaration')
    expect(refusal('<!DOCTYPE r SYSTEM "file:///etc/passwd"><r/>')).toContain('document type declaration')
    expect(refusal('<!DOCTYPE r [<!ENTITY x SYSTEM "http://127.0.0.1/">]><r>&x;</r>')).toContain('line 1')
    expect(refusal('<r><!ENTITY x "y"></r>')).toContain('declaration')
    expect(refusal('<!doctype html><html></html>')).toContain('declaration')
    expect(refusal(`<?p ' ?><!-- ' ?><!DOCTYPE r> --><r/>`)).toContain('quote in an instruction')
    expect(readXml('<r><![CDATA[<!DOCTYPE r>]]><!-- <!DOCTYPE r> --></r>', 'a.xml').text).toBe('<!DOCTYPE r>')
  })

  it.each([
    ['', 'well-formed'],
    ['  \n', 'well-formed'],
    ['key=value', 'text outside'],
    ['<r>', 'line 1'],
    ['<r>\n<a></r>', 'line 2'],
    ['<r></s>', 'a tag in line 1'],
    ['</r>', 'a tag in line 1'],
    ['<r', 'a tag in line 1'],
    ['<r a="1>', 'a tag in line 1'],
    ['<r a="<"/>', 'a tag in line 1'],
    ['<r a=1/>', 'an attribute'],
    ['<r a/>', 'an attribute'],
    ['<r a="1" a="2"/>', 'an attribute'],
    ['<r a="1"b="2"/>', 'an attribute'],
    ['<1/>', 'a tag'],
    ['< r/>', 'a tag'],
    ['<r/ >', 'line 1'],
    ['<r><!-- x</r>', '<!-- without -->'],
    ['<r><!-- a -- b --></r>', '-- in a comment'],
    ['<r><![CDATA[ x</r>', '<![CDATA[ without ]]>'],
    ['<?xml version="1.0"', '<? without ?>'],
    ['\n<?xml version="1.0"?><r/>', 'well-formed'],
    ['<r>]]></r>', ']]>'],
    ['<r/>\n<r/>', 'a second root element in line 2'],
    ['<r/>text', 'text outside'],
    ['text<r/>', 'text outside'],
    ['<r/><![CDATA[x]]>', 'text outside'],
    ['<r>\u0000</r>', 'a character that XML does not have in line 1'],
    ['<r>\ud800</r>', 'a character that XML does not have'],
    ['<r\u0008/>', 'a character'],
  ])('refuses what is not well-formed: %j', (text, said) => {
    expect(refusal(text)).toContain(said)
  })

  it('never repeats what it read', () => {
    for (const text of [
      '<P><Geheim x></P>',
      '<P Geheim></P>',
      '<P>Geheim&Geheim;</P>',
      '<P>Geheim</Geheim>',
      '<P><Geheim',
    ]) {
      expect(refusal(text)).not.toContain('Geheim')
    }
  })

  it('takes names that objects have for names like any other', () => {
    const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__', 'valueOf']
    for (const name of names) {
      const root = readXml(`<r><${name} ${name}="1">x</${name}><${name}/></r>`, 'a.xml')
      expect(root.children.map((child) => [child.name, child.text])).toEqual([
        [name, 'x'],
        [name, ''],
      ])
      expect(Object.entries(root.children[0]!.attributes)).toEqual([[name, '1']])
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('reads up to its limits and refuses what is beyond', () => {
    const nested = (depth: number) => '<a>'.repeat(depth) + '</a>'.repeat(depth)
    expect(readXml(nested(MAX_XML_DEPTH), 'a.xml').children).toHaveLength(1)
    expect(refusal(nested(MAX_XML_DEPTH + 1))).toContain('nested deeper')
    expect(refusal('<a>'.repeat(1_000_000))).toContain('nested deeper')
    expect(readXml(`<r>${'<a/>'.repeat(MAX_XML_ELEMENTS - 1)}</r>`, 'a.xml').children).toHaveLength(
      MAX_XML_ELEMENTS - 1,
    )
    expect(refusal(`<r>${'<a/>'.repeat(MAX_XML_ELEMENTS)}</r>`)).toContain('more than')
    expect(refusal(`<r>${'a'.repeat(5_000_000)}</r>`)).toContain('longer than')
  })

  it('stays linear on what makes careless readers slow', () => {
    const long = 1_000_000
    for (const text of [
      '<'.repeat(long),
      `<r ${' '.repeat(long)}`,
      `<r ${' '.repeat(long)}/>`,
      `<r>${'&'.repeat(long)}</r>`,
      `<r a="${'&amp'.repeat(long / 4)}"/>`,
      `<r>${'<!---->'.repeat(long / 7)}`,
      `<?${`'"`.repeat(long / 2)}?><r/>`,
      `<r>${']'.repeat(long)}]]></r>`,
      `<${'a'.repeat(long)} />x`,
    ]) {
      try {
        readXml(text, 'a.xml')
      } catch (error) {
        expect(error).toMatchObject({ code: 'import.format' })
      }
    }
  })
})

describe('xmlText', () => {
  it('comes back as it was, between tags and in an attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }).filter(fitsXml), (text) => {
        const root = readXml(`<r a="${xmlText(text.replace(/[\t\n]/g, ' '))}">${xmlText(text)}</r>`, 'a.xml')
        expect(root.text).toBe(text)
        expect(root.attributes['a']).toBe(text.replace(/[\t\n]/g, ' '))
      }),
    )
  })

  it('never ends with anything but a document or import.format, whatever is read', () => {
    const pieces = [
      '<r>',
      '</r>',
      '<r',
      '/>',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<?x',
      '?>',
      '&',
      'amp;',
      '"',
      "'",
      '=',
      'a',
      ' ',
    ]
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 20 }), (parts) => {
        try {
          expect(readXml(`<r>${parts.join('')}</r>`, 'a.xml').name).toBe('r')
        } catch (error) {
          expect(error).toMatchObject({ code: 'import.format' })
        }
      }),
      { numRuns: 2000 },
    )
  })
})

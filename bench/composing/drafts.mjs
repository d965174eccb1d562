import { sizes } from '../messages.mjs'

/** Who writes to whom, in every message that is composed. */
export const author = { name: 'Sender', address: 'sender@bench.example' }
export const recipient = 'recipient@bench.example'

const ascii = 'The quick brown fox jumps over the lazy dog, and then it has to do so again.\n'
const accented = 'Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich, naïve Café-Gäste schauen zu.\n'
const markup = '<tr><td class="item">Größe &amp; Gewicht</td><td align="right">12,50 €</td><td>größer</td></tr>\n'

/**
 * What is composed, in terms that both libraries share: `text`, `html`, and `files`, each with a name, a type, octets or a path, and a
 * `cid` for one that the HTML shows. Both libraries get the same strings and the same octets.
 */
export const drafts = {
  '1k': () => ({ text: fill(ascii, 1024), files: [] }),
  accents: () => ({ text: fill(accented, 1024), files: [] }),
  // 180 KB on the wire
  mixed: () => ({
    text: fill(accented, 4 * 1024),
    html: `<table>\n${fill(markup, 24 * 1024)}</table>\n<img src="cid:logo@bench.example">\n`,
    files: [
      { name: 'logo.png', type: 'image/png', content: octets(38 * 1024), cid: 'logo@bench.example' },
      { name: 'report.pdf', type: 'application/pdf', content: octets(64 * 1024) },
    ],
  }),
  '25m': () => attached(octets(sizes['25m'])),
  '100k': () => attached(octets(72 * 1024)), // 100 KB on the wire
  '10m': () => attached(octets(7_650_000)), // 10 MB on the wire
  file: (path) => ({ text: 'Attached.\n', files: [{ name: 'large.bin', type: 'application/octet-stream', path }] }),
}

const attached = (content) => ({
  text: 'Attached.\n',
  files: [{ name: 'large.bin', type: 'application/octet-stream', content }],
})

function fill(line, length) {
  return line.repeat(Math.ceil(length / line.length)).slice(0, length - 1) + '\n'
}

/** Octets without a pattern that a run of them could tell from others; the same in each process. */
function octets(length) {
  const result = Buffer.allocUnsafe(length)
  let state = 1
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    result[index] = state >>> 24
  }
  return result
}

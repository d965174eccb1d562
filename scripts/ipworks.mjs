// Writes docs/ipworks.md, the manual of the component: every property, method, event, setting and error of its tables. `--check` only compares.
import { CONFIG, ERRORS, EVENTS, METHODS, PROPERTIES } from 'posthorn/compat/ipworks'
import { settlePage } from './generated-page.mjs'
import { isMain } from './repository.mjs'

const HEAD = `# The component: reference

<!-- Generated from packages/posthorn/src/compat/ipworks by scripts/ipworks.mjs. \`npm run check\` fails when it differs. -->

\`posthorn/compat/ipworks\` is the SMTP class of IPWorks on Posthorn's engine. [moving-from-ipworks.md](moving-from-ipworks.md) tells how code moves
over, and what is different here.

A change counts _at once_; for the next message (_send_); or from the next connection on (_connect_). What is _locked_ gives the error of that number
while connected. The last column says what of the engine ([smtp.md](smtp.md), [settings.md](settings.md)) or of the message it becomes.

`

if (isMain(import.meta.url)) {
  let page = `${HEAD}## Properties\n\nEach is \`smtp.name\`, \`smtp.getName()\`, and where it can be set \`smtp.setName(value)\`; switches are \`smtp.isName()\`, too.\n\n`
  page += '| property | type | default | change | what it is | becomes |\n| --- | --- | --- | --- | --- | --- |\n'
  for (const [name, { accessor, writable, row }] of Object.entries(PROPERTIES)) {
    page += `| \`${accessor}\`<br>${name} | ${typeOf(row)} | ${initial(row)} | ${writable ? change(row) : 'read-only'} | ${cell(row.says)} | ${row.to} |\n`
  }
  page +=
    '\n## Methods\n\nEach takes a callback `(error, result)` as its last argument, too. Those marked _promise_ are awaited.\n\n'
  page += '| method | | what it does |\n| --- | --- | --- |\n'
  for (const { call, gives, says } of Object.values(METHODS)) {
    page += `| \`${call}\` | ${gives === 'later' ? 'promise' : ''} | ${cell(says)} |\n`
  }
  page +=
    '\n## Events\n\n`smtp.on(name, (event) => {})`, and `once`, `off`, `addListener`, `removeListener`, `removeAllListeners` as an EventEmitter of Node.js has them. A handler that returns a promise is waited for.\n\n'
  page += '| event | fields | when |\n| --- | --- | --- |\n'
  for (const [name, { fields, says }] of Object.entries(EVENTS)) {
    page += `| ${name} | ${fields.map((field) => `\`${field}\``).join(', ')} | ${cell(says)} |\n`
  }
  page += '\n## Settings\n\n`smtp.config("Name=Value")` sets, `smtp.config("Name")` tells.\n\n'
  page += '| setting | type | default | change | what it is | becomes |\n| --- | --- | --- | --- | --- | --- |\n'
  for (const [name, { row, of }] of Object.entries(CONFIG)) {
    page += `| ${name} | ${typeOf(row)} | ${initial(row)} | ${of === 'read' ? 'read-only' : change(row)} | ${cell(row.says)} | ${row.to} |\n`
  }
  page +=
    '\n## Errors\n\n`error.code` is the number, `error.cause` the error of the engine.\n\n| number | what it is | when |\n| --- | --- | --- |\n'
  for (const [number, { text, raised, when }] of Object.entries(ERRORS)) {
    page += `| ${number} | ${cell(text)} | ${raised ? '' : '_Never._ '}${cell(when)} |\n`
  }
  await settlePage('ipworks.md', page, { command: 'node scripts/ipworks.mjs' })
}

/** @typedef {import('posthorn/compat/ipworks').Row} Row */

/** @param {Row} row */
function typeOf({ type, values }) {
  if (!values) return type
  return Object.entries(values)
    .map(([name, number]) => `${number} ${name}`)
    .join('<br>')
}

/** @param {Row} row */
function initial(row) {
  if (row.type === 'object') return ''
  const printed = row.print(row.initial())
  return printed === '' ? 'empty' : `\`${printed.replaceAll(',', ', ')}\``
}

/** @param {Row} row */
function change({ change: when, locked }) {
  return locked === undefined ? when : `${when}; locked, ${locked}`
}

/** @param {string} text */
function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
}

// Writes docs/errors.md from the sources: every code an error of Posthorn can have. `--check` only compares.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import prettier from 'prettier'
import ts from 'typescript'
import { errorCodes } from './error-codes.mjs'
import { endWith, isMain, root } from './repository.mjs'

const TARGET = join(root, 'docs', 'errors.md')
const OUTCOMES = ['transient', 'permanent', 'unknown']
const PACKAGES = ['ground', 'certificate', 'sasl', 'settings', 'net', 'mime', 'smtp', 'posthorn', 'cli']

/** What the first word of a code stands for, in the order of the page. */
const GROUPS = [
  ['settings', 'An option, a profile or a server URL. Nothing was sent.'],
  ['usage', 'A command that was typed wrongly (`posthorn` command only).'],
  ['import', 'A configuration of another product that cannot be read.'],
  ['export', 'A profile that cannot be said in the words of another product.'],
  ['limits', 'A message beyond the limits of its profile. Nothing was sent.'],
  ['discover', 'Finding the server for an address.'],
  ['direct', 'Delivery without a relay.'],
  ['spool', 'A folder of messages that wait to be sent.'],
  ['logging', 'The log.'],
  ['draft', 'A draft that cannot become a message.'],
  ['address', 'An address field of a draft.'],
  ['attachment', 'An attachment of a draft.'],
  ['compose', 'An option of `compose`.'],
  ['dkim', 'A DKIM signature that cannot be made.'],
  ['smime', 'Signing, encrypting, verifying and decrypting by S/MIME.'],
  ['certificate', 'Certificates, private keys, and the stores they come from.'],
  ['read', 'A message that is read back to be shown.'],
  ['recipients', 'The recipients of a message that is sent as it is.'],
  ['mailbox', 'A mailbox of the envelope, or a domain (RFC 5321 4.1.2).'],
  ['envelope', 'A value of the envelope.'],
  ['content', 'The content of a message.'],
  ['extension', 'The server does not offer what the message needs.'],
  ['command', 'A command line that must not go out.'],
  ['credentials', 'User, password or token.'],
  ['sasl', 'A mechanism on its own; in a session `smtp.auth.challenge` and `smtp.auth.server-proof` stand for it.'],
  ['pool', 'The pool of sessions.'],
  ['resolve', 'The name of the server.'],
  ['connect', 'The connection.'],
  ['proxy', 'The proxy on the way; the server was not reached.'],
  ['tls', 'TLS, and the certificate of the server.'],
  ['policy', 'What MTA-STS, DANE or REQUIRETLS ask of a mail exchanger.'],
  ['web', 'A request over HTTP: tokens, revocation, policies.'],
  ['oauth2', 'Access tokens.'],
  ['smtp', 'The dialogue with the server. `smtp.PHASE.refused` carries the reply.'],
  ['deadline', 'Time.'],
  ['aborted', 'The caller.'],
  ['sandbox', 'The sandbox of the `posthorn` command.'],
  ['invariant', 'Posthorn itself.'],
]

const HEAD = `# Errors

<!-- Generated from the sources by scripts/errors.mjs. \`npm run check\` fails when it differs. -->

Every error of Posthorn answers five questions. Branch on \`code\` and \`outcome\`, never on text: codes are stable, sentences are not.

| question | property | what it holds |
| --- | --- | --- |
| What happened? | \`code\` | one of the codes below |
| Where? | \`phase\` | \`settings\`, \`compose\`, \`wait\`, \`resolve\`, \`proxy\`, \`connect\`, \`tls\`, \`greeting\`, \`ehlo\`, \`starttls\`, \`auth\`, \`mail\`, \`rcpt\`, \`data\`, \`content\`, \`final\`, \`rset\`, \`noop\`, \`command\` or \`quit\` |
| What did the other side say? | \`reply\` | \`{ code, enhanced?, lines }\`, when a reply decided it |
| May it be tried again? | \`outcome\` | \`transient\`: yes, unchanged, later. \`permanent\`: not unchanged. \`unknown\`: the content was sent and no reply came, so another try may deliver a second copy |
| What is to be done? | \`hint\` | a sentence an operator can act on |

An error of \`send\` also has \`receipt\`, with one delivery for each recipient; \`isSendFailure(error)\` tells whether it is there. When the
content of the message was out and its reply is missing, \`outcome\` is \`unknown\`, whatever the table says. \`SettingsError\` has \`field\`
besides, the setting or argument as it was written. \`RecipientsRefused\` is a \`ReplyError\` and has \`refused\`, the recipients that were
refused with their replies. No message, hint or JSON form of an error has a password or token in it.

The command's exit codes are made from these codes; see [cli.md](cli.md#exit-codes).
`

/** The text of the page. @returns {Promise<{ text: string, problems: string[] }>} */
export async function errorsPage() {
  const folder = (/** @type {string} */ name) => join(root, 'packages', name, 'src')
  const files = PACKAGES.flatMap((name) => modulesIn(folder(name)))
  const program = ts.createProgram(files, {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.es2024.string.d.ts', 'lib.esnext.disposable.d.ts'],
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    customConditions: ['posthorn-source'],
  })
  const ours = new Set(files.map((file) => file.split(sep).join('/')))
  const packageOf = (/** @type {string} */ file) =>
    ours.has(file) ? /\/packages\/([^/]+)\/src\//.exec(file)?.[1] : undefined
  const { codes, unclear } = errorCodes(program, packageOf)
  const problems = unclear.map((place) => place.replace(`${root.split(sep).join('/')}/`, ''))
  const groups = new Map(GROUPS.map(([name]) => [name, /** @type {typeof codes} */ ([])]))
  for (const code of codes) {
    const group = groups.get(code.code.split('.')[0] ?? '')
    if (group) group.push(code)
    else problems.push(`${code.code}: its first word has no group in scripts/errors.mjs`)
  }
  let text = HEAD
  for (const [name, says] of GROUPS) {
    const rows = groups.get(name) ?? []
    if (rows.length === 0) problems.push(`scripts/errors.mjs: no code begins with ${name}`)
    text += `\n## ${name}\n\n${says}\n\n| code | class | outcome | what to do |\n| --- | --- | --- | --- |\n`
    for (const { code, kinds, outcomes, hints } of rows) {
      const outcome = OUTCOMES.filter((each) => outcomes.has(each)).join(' or ') || 'that of its cause'
      const hint = [...hints].map(escaped).join('<br>') || 'Depends on the reply or the place; the error says it.'
      text += `| \`${code}\` | ${[...kinds].sort().join(', ')} | ${outcome} | ${hint} |\n`
    }
  }
  const options = await prettier.resolveConfig(TARGET)
  return { text: await prettier.format(text, { ...options, parser: 'markdown' }), problems }
}

/** Text for a cell of a table. @param {string} hint */
function escaped(hint) {
  return hint
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/[|*_`[\]]/g, '\\$&')
}

/** @param {string} folder @returns {string[]} */
function modulesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

if (isMain(import.meta.url)) {
  const { text, problems } = await errorsPage()
  if (!process.argv.includes('--check')) writeFileSync(TARGET, text)
  else if (!existsSync(TARGET) || readFileSync(TARGET, 'utf8') !== text) {
    problems.push('docs/errors.md: is not what the sources give; run node scripts/errors.mjs')
  }
  endWith(problems, 'errors: docs/errors.md has every code of the sources')
}

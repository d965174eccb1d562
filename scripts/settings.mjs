// Writes docs/settings.md, the reference of every setting, and docs/profile.schema.json, for editors. `--check` only compares.
import { environmentName, profileJsonSchema, SETTINGS } from '@posthorn/settings'
import { settlePage } from './generated-page.mjs'
import { isMain } from './repository.mjs'

/** What the groups are, in the order in which they come; every group must be here. @type {Readonly<Record<string, string>>} */
const GROUPS = {
  '': 'Which way, and how it is protected',
  identity: 'This side of the connection',
  sender: 'Who sends, where a draft does not say it',
  headers: 'Header fields of every draft',
  relay: 'The server, and how it is spoken to',
  tls: 'TLS, and whom it trusts',
  credentials: 'The login',
  oauth2: 'Access tokens',
  api: 'HTTP services that send mail',
  proxy: 'The way through a proxy',
  smime: 'S/MIME',
  dkim: 'DKIM',
  limits: 'How much may go out',
  pool: 'The sessions that are kept',
  timeouts: 'How long each step may take; 0 is without limit (24 days, what a timer can wait)',
  delivery: 'The terms on which messages are handed over',
  direct: 'Delivery without a relay',
  spool: 'The spool folder',
  attachments: 'Which files drafts may attach',
  logging: 'What is written down',
}

const HEAD = `# Settings

<!-- Generated from packages/settings by scripts/settings.mjs. \`npm run check\` fails when it differs. -->

A profile is one complete way out, in YAML or JSON; every setting may be left out ([profiles.md](profiles.md) tells how profiles are kept,
imported and laid over one another, and [profile.schema.json](profile.schema.json) is the same for editors). A setting can also be given in the
environment, by the name beside it, and to every command as \`--set path=value\`; the command line wins over the environment, the environment over
the part of the file for a site, that over the file.

_Secrets_ and _contents_ may be references: \`env:NAME\`, \`file:PATH\` (of a secret its first line) or \`vault:NAME\`; a text that begins like one is written
\`plain:TEXT\`. A change counts _at once_, for the next message; for the _next session_; or at the _next start_, which a reload on
purpose is, too.

`

const EFFECTS = { message: 'at once', session: 'next session', start: 'next start' }

if (isMain(import.meta.url)) {
  const problems = []
  const settings = [...SETTINGS.values()]
  let page = HEAD
  for (const [name, says] of Object.entries(GROUPS)) {
    const members = settings.filter(({ path }) => groupOf(path) === name)
    if (members.length === 0) problems.push(`scripts/settings.mjs: no setting is in the group ${name}`)
    page += `## ${says}\n\n| setting | takes | when left out | a change counts |\n| --- | --- | --- | --- |\n`
    for (const each of members) page += row(each)
    page += '\n'
  }
  for (const { path } of settings) {
    if (!(groupOf(path) in GROUPS)) problems.push(`scripts/settings.mjs: the group of ${path} has no line`)
  }
  const check = process.argv.includes('--check')
  await settlePage('settings.md', page, { command: 'node scripts/settings.mjs', problems })
  const settled = process.exitCode
  await settlePage('profile.schema.json', JSON.stringify(profileJsonSchema()), { command: 'node scripts/settings.mjs' })
  if (check && settled) process.exitCode = settled
}

/** @param {string} path */
function groupOf(path) {
  return path.includes('.') ? path.slice(0, path.indexOf('.')) : path in GROUPS ? path : ''
}

/** @param {import('@posthorn/settings').Setting} setting */
function row(setting) {
  const { path, says, default: usual, effect } = setting
  const name = `\`${path}\`<br>\`${environmentName(path)}\``
  const flag = setting.flag === undefined ? '' : ` \`${setting.flag.split(' ')[0]}\``
  const left = usual === undefined ? '' : /^\(.*\)$/.test(String(usual)) ? String(usual).slice(1, -1) : `\`${usual}\``
  const weak = setting.weakens === undefined ? '' : ' **Can weaken a check.**'
  return `| ${name} | ${cell(says)} _${takes(setting)}._${flag}${weak} | ${cell(left)} | ${EFFECTS[effect]} |\n`
}

/** @param {import('@posthorn/settings').Setting} setting */
function takes({ kind, choices, least, most, unit, holds }) {
  if (holds === 'secret') return 'Secret'
  if (holds === 'content') return kind === 'text' ? 'Content' : 'List'
  const range =
    kind === 'number' && most !== undefined && most < 2 ** 31 - 1
      ? ` from ${least} to ${most}`
      : least === 0
        ? ', 0 too'
        : ''
  const units = unit === undefined ? '' : { ms: ' of milliseconds', s: ' of seconds', octets: ' of octets' }[unit]
  if (kind === 'number') return `Whole number${units}${range}`
  if (kind === 'boolean') return 'True or false'
  if (kind === 'choice') return (choices ?? []).map((each) => `\`${each}\``).join(', ')
  if (kind === 'list') return choices ? `List of ${choices.map((each) => `\`${each}\``).join(', ')}` : 'List'
  if (kind === 'objects') return 'List of objects'
  return holds === 'path' ? 'Path' : 'Text'
}

/** @param {string} text */
function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
}

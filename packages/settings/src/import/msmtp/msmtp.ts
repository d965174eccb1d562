import { concluded } from '../conclude.js'
import type { Import, ImportedProfile, ImportFormat, ImportSource, ReportLine } from '../import.js'
import { bounded, malformed, missing, ProfileDraft } from '../report.js'
import { shownName } from '../shown-name.js'
import { readAccounts, type Account } from './account-file.js'
import { AccountReader } from './account-reader.js'
import { COMMANDS, takeLogging, takeLogin, takeOthers, takeSender, takeServer } from './account-settings.js'
import { exportMsmtp } from './export.js'

const KNOWN: ReadonlySet<string> = new Set(COMMANDS)

/** msmtp, its file of accounts (`~/.msmtprc`): one profile for each account. No command in it is run. */
export const msmtp: ImportFormat = {
  name: 'msmtp',
  says: 'msmtp: msmtprc, one profile for each account',
  recognises: ({ text }: ImportSource) =>
    /^[ \t]*(?:account[ \t]+[^\s=]|defaults[ \t]*\r?$)/m.test(text) && /^[ \t]*host[ \t]+[^\s=]/m.test(text),
  import: importMsmtp,
  export: exportMsmtp,
}

function importMsmtp({ text }: ImportSource): Import {
  const { accounts, strays } = readAccounts(bounded(text, 'msmtp'), (command) => KNOWN.has(command))
  const report: ReportLine[] = []
  for (const { place, command, verdict, note } of strays) {
    if (verdict !== 'unknown') report.push({ verdict, ...place, note })
    else report.push({ verdict, ...place, ...shownName(command, COMMANDS, /^[a-z]+(?:_[a-z0-9]+){1,4}$/) })
  }
  if (accounts.length === 0) throw malformed('account', 'is not there', 'An account begins with: account NAME')
  const profiles: ImportedProfile[] = []
  for (const account of accounts) {
    const same = profiles.find(({ name }) => name === account.sameAs)
    if (same) {
      profiles.push({ name: account.name, profile: same.profile })
      report.push({
        verdict: 'taken',
        entry: 'account',
        line: account.line,
        of: account.name,
        note: `it is as ${same.name}`,
      })
    } else if (account.commands.get('host')?.argument) profiles.push(profileOf(account, report))
    else {
      const { name: of, line } = account
      report.push({ verdict: 'ignored', entry: 'account', line, of, note: 'it has no host' })
      for (const [entry, command] of account.commands)
        report.push({ verdict: 'ignored', entry, line: command.line, of, note: 'its account has no host' })
    }
  }
  if (profiles.length === 0) throw missing(['host'], 'account of msmtp')
  return { profiles, report }
}

function profileOf(account: Account, report: ReportLine[]): ImportedProfile {
  const draft = new ProfileDraft(report)
  const reader = new AccountReader(draft, account)
  takeServer(reader)
  takeLogin(reader)
  takeSender(reader)
  takeLogging(reader)
  takeOthers(reader)
  const place = { of: account.name }
  return {
    name: account.name,
    profile: concluded(draft, { format: 'account of msmtp', host: 'host', clearLogin: 'msmtp', place }),
  }
}

import type { JavaMailEntry } from '../javamail/javamail-properties.js'

/** Which properties are read, and how. */
export interface ReadProperties {
  readonly entries: readonly JavaMailEntry[]
  /** False: the transport smtps stands for STARTTLS, as the manual of the product writes it. */
  readonly implicit: boolean
}

/**
 * The properties of a transport as this product reads them: `mail.smtps.ssl.*` count with both transports, and with smtps the
 * `mail.smtp.starttls.*` of its manual, too. There smtps with STARTTLS required, and port 587 or none, means STARTTLS; all of
 * `mail.smtp.*` is read then.
 */
export function readPropertiesOf(
  properties: readonly JavaMailEntry[],
  transport: 'smtp' | 'smtps',
  registryPort: string | undefined,
): ReadProperties {
  const value = (name: string) => properties.findLast((each) => each.name === name)?.value.trim()
  const required = (prefix: string) => value(`mail.${prefix}.starttls.required`)?.toLowerCase() === 'true'
  const byManual = transport === 'smtps' && (required('smtps') || required('smtp'))
  const port = registryPort ?? value('mail.smtps.port') ?? (required('smtp') ? value('mail.smtp.port') : undefined)
  const startTls = byManual && (port === undefined || port === '587')
  const own = `mail.${transport}.`
  const other = transport === 'smtp' ? 'mail.smtps.' : 'mail.smtp.'
  const entries = properties.map((each) => {
    if (!each.name.startsWith(other)) return each
    const rest = each.name.slice(other.length)
    const counts = transport === 'smtp' ? rest.startsWith('ssl.') : rest.startsWith('starttls.') || startTls
    return counts && value(`${own}${rest}`) === undefined ? { ...each, name: `${own}${rest}` } : each
  })
  return { entries, implicit: transport === 'smtps' && !startTls }
}

import { readFileSync } from 'node:fs'
import { SMTP } from 'posthorn/compat/ipworks'

/** A component for the server that the environment names: MAIL_SERVER, MAIL_PORT, and MAIL_CA, a file with the certificate of its authority. */
export function component(): SMTP {
  const smtp = new SMTP()
  smtp.mailServer = process.env['MAIL_SERVER'] ?? '127.0.0.1'
  smtp.mailPort = Number(process.env['MAIL_PORT'] ?? 2525)
  const ca = process.env['MAIL_CA']
  if (ca !== undefined) smtp.config(`SSLServerCACerts=${readFileSync(ca, 'utf8')}`)
  return smtp
}

import * as ipworks from '../../src/compat/ipworks/index.js'

/** What a sample came to. */
export interface Told {
  /** The commands that PITrail told. */
  readonly lines: readonly string[]
  readonly errors: readonly string[]
  readonly lastReply: string
  /** The error of a send without a server. */
  readonly refused: { readonly code: number; readonly isError: boolean; readonly message: string }
}

/** A program as it was written for the edition of 2024: setters are plain calls, and what talks to a server is awaited. */
export async function sample(host: string, port: number): Promise<Told> {
  const lines: string[] = []
  const errors: string[] = []
  const smtp = new ipworks.smtp()
  smtp.on('PITrail', (e) => {
    if (e.direction === 0) lines.push(e.message)
  })
  smtp.on('Error', (e) => errors.push(`${e.errorCode}: ${e.description}`))
  try {
    smtp.reset()
    smtp.setMailServer(host)
    smtp.setMailPort(port)
    smtp.setFrom('anna@example.test')
    smtp.setSendTo('bruno@example.test')
    smtp.setSubject('From the edition of 2024')
    smtp.setMessageText('Hello!')
    smtp.setImportance(ipworks.smtp.miHigh)
    smtp.getMessageRecipients().push(new ipworks.messagerecipient('carl@example.test', 1))
    smtp.config('Hello=client.example.test')
    await smtp.connect()
    if (!smtp.isConnected()) errors.push('not connected')
    await smtp.send()
    await smtp.disconnect()
  } catch (err) {
    errors.push((err as Error).message)
  }
  const lastReply = smtp.getLastReply()
  const refused = await new ipworks.smtp().send().catch((err: Error & { code: number }) => ({
    code: err.code,
    isError: err instanceof Error,
    message: err.message,
  }))
  return { lines, errors, lastReply, refused: refused! }
}

import { PosthornError, replyText } from '@posthorn/ground'
import type { Delivery } from '@posthorn/smtp'
import { openRegular } from './file-slice.js'

const MAX_RECIPIENTS_TOLD = 1_000

/** Why a message failed, as the text beside it: a line each, the first for people. Nothing secret is in an error of Posthorn. */
export function failureNote(error: unknown, deliveries: readonly Delivery[], at: Date): string {
  const lines = [
    'This message was not sent, for the reason below. Correct it, and give the file an ending of .queued again.',
    '',
  ]
  lines.push(`at: ${at.toISOString()}`)
  if (error instanceof PosthornError) {
    lines.push(`code: ${error.code}`, `message: ${error.message}`, `phase: ${error.phase}`, `outcome: ${error.outcome}`)
    if (error.reply) lines.push(`reply: ${replyText(error.reply)}`)
    if (error.hint) lines.push(`hint: ${error.hint}`)
    if (error.outcome === 'unknown')
      lines.push('note: the message was sent, and no reply came; it may have been delivered')
  } else lines.push('code: unknown')
  for (const { recipient, outcome, phase, reply } of deliveries.slice(0, MAX_RECIPIENTS_TOLD)) {
    lines.push(`recipient: ${recipient} ${outcome} (${phase})${reply ? `: ${replyText(reply)}` : ''}`)
  }
  if (deliveries.length > MAX_RECIPIENTS_TOLD) lines.push(`and ${deliveries.length - MAX_RECIPIENTS_TOLD} more`)
  return `${lines.map((line) => line.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, ' ')).join('\n')}\n`
}

/** The reason in a note: what stands behind `message:`. */
export async function readReason(path: string): Promise<string | undefined> {
  const file = await openRegular(path).catch(() => undefined)
  if (!file) return undefined
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4_096), 0, 4_096, 0)
    const text = buffer.toString('utf8', 0, bytesRead)
    return /^message: (.*)$/m.exec(text)?.[1] ?? (text.split('\n')[0] || undefined)
  } catch {
    return undefined
  } finally {
    await file.close()
  }
}

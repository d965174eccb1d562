import { open } from 'node:fs/promises'
import { compose, SettingsError, type Content, type Draft } from 'posthorn'
import { draftFrom, type DraftSource } from './composed-draft.js'
import { protectionFromFlags, type ProtectionFlags } from './protection-flags.js'
import { reportFailure } from './report.js'
import { unreadable } from './read-file.js'
import { EXIT } from './sysexits.js'

export interface ComposeFlags extends DraftSource, ProtectionFlags {
  readonly out?: string
}

/** `posthorn compose`: a draft as a message, on standard output or in a file. Gives the exit code. */
export async function composeCommand(flags: ComposeFlags): Promise<number> {
  try {
    const protection = await protectionFromFlags(flags)
    const draft = await draftFrom(flags, process.stdin, { from: true, recipients: false })
    const message = await compose(draft as Draft, {
      ...protection,
      allowNoRecipients: true,
    })
    if (message.blindCopies?.length) throw blind()
    if (flags.out === undefined) await printed(message.content)
    else await written(message.content, flags.out)
    message.content.release?.()
    return EXIT.ok
  } catch (error) {
    return reportFailure(error, {})
  } finally {
    process.stdin.destroy() // a writer that never ends must not keep us
  }
}

/** One message is written, and an encrypted one for a blind recipient is another. */
function blind(): SettingsError {
  return new SettingsError('draft.blind-copies', '--bcc', 'makes a second message when the message is encrypted', {
    phase: 'compose',
    hint: 'Leave --bcc out, or send the draft: posthorn send writes each blind recipient a message of their own.',
  })
}

async function printed(content: Content): Promise<void> {
  for await (const chunk of content.open()) {
    // the next chunk may use the same memory, so this one has to be out before
    await new Promise<void>((resolve, reject) => {
      process.stdout.write(chunk, (error) => (error ? reject(error) : resolve()))
    })
  }
}

async function written(content: Content, path: string): Promise<void> {
  const file = await open(path, 'w', 0o600).catch((error: unknown) => {
    throw unreadable('--out', path, error)
  })
  try {
    for await (const chunk of content.open()) await file.writeFile(chunk)
  } finally {
    await file.close()
  }
}

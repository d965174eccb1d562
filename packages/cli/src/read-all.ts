import { usageError } from './usage-error.js'

const MAX_OCTETS = 64 * 1024 * 1024

/**
 * All of standard input as text.
 * @param what it is to be, for the one who types it and for errors: `a text`
 * @throws {SettingsError} `usage.flag` for more than 64 MiB and for anything but UTF-8
 */
export async function readAll(stdin: NodeJS.ReadStream, what: string): Promise<string> {
  if (stdin.isTTY) process.stderr.write(`posthorn: type ${what}; a line with Ctrl-D alone (Windows: Ctrl-Z) ends it\n`)
  const chunks: Buffer[] = []
  let octets = 0
  for await (const chunk of stdin as AsyncIterable<Buffer>) {
    octets += chunk.length
    if (octets > MAX_OCTETS)
      throw usageError(
        'standard input',
        `is ${what} of more than ${MAX_OCTETS} octets`,
        'Send it as a file: --attach FILE.',
      )
    chunks.push(chunk)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch {
    throw usageError(
      'standard input',
      'is not text in UTF-8',
      'Convert it, or send it as a file (--attach FILE) or as a message (--raw -).',
    )
  }
}

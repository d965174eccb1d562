import { IPWorksError, SMTP } from '../../src/compat/ipworks/index.js'

/** A component with a letter from a@example.test to b@example.test for the server on this port, in the clear unless a test says otherwise. */
export function letterTo(port: number, host = '127.0.0.1'): SMTP {
  const smtp = new SMTP()
  smtp.mailServer = host
  smtp.mailPort = port
  smtp.config('Hello=client.example.test')
  smtp.config('UseIPv6=0')
  smtp.from = 'a@example.test'
  smtp.sendTo = 'b@example.test'
  smtp.subject = 'Letter'
  smtp.messageText = 'Hello!\r\n'
  return smtp
}

/** The error of a call, which must fail by one of the class. */
export async function errorOf(work: () => unknown): Promise<IPWorksError> {
  try {
    await work()
  } catch (error) {
    if (error instanceof IPWorksError) return error
    throw error
  }
  throw new Error('it did not fail')
}

/** An error and its causes, the last first. */
export function causesOf(error: Error): unknown[] {
  const causes: unknown[] = []
  for (let at: unknown = error; at instanceof Error; at = at.cause) causes.unshift(at)
  return causes
}

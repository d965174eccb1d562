import { ScriptedServer, SinkServer, type SinkOptions } from '@posthorn/testkit'
import { onTestFinished } from 'vitest'
import { SMTP, type ComponentEvents, type EventName } from '../../src/compat/ipworks/index.js'

/** A server that takes mail, closed with the test. */
export async function sink(options: SinkOptions = {}): Promise<SinkServer> {
  const server = await SinkServer.start({ keepContent: true, ...options })
  onTestFinished(() => server.close())
  return server
}

/** A server that plays a dialogue; `expectPlayed` says whether the component kept to it. */
export async function scripted(dialogue: string): Promise<ScriptedServer> {
  const server = await ScriptedServer.start(dialogue)
  onTestFinished(() => server.close())
  return server
}

/** A component with everything a message needs, set up for a server on this machine. */
export function component(to?: { readonly port: number }): SMTP {
  const smtp = new SMTP()
  onTestFinished(() => smtp[Symbol.asyncDispose]())
  smtp.mailServer = '127.0.0.1'
  if (to) smtp.mailPort = to.port
  smtp.config('Hello=client.example.test')
  smtp.from = 'anna@example.test'
  smtp.sendTo = 'bruno@example.test'
  smtp.subject = 'A subject'
  smtp.messageText = 'A text.\r\n'
  return smtp
}

/** One event as it came. */
export type Heard = { readonly [N in EventName]: { readonly name: N; readonly event: ComponentEvents[N] } }[EventName]

const ALL: readonly EventName[] = [
  ...(['ConnectionStatus', 'EndTransfer', 'Error', 'Expand', 'PITrail'] as const),
  ...(['SSLServerAuthentication', 'SSLStatus', 'StartTransfer', 'Transfer'] as const),
]

/** Every event of the component from now on, in the order in which they come. */
export function heardBy(smtp: SMTP, names: readonly EventName[] = ALL): Heard[] {
  const heard: Heard[] = []
  for (const name of names) smtp.on(name, (event) => heard.push({ name, event } as Heard))
  return heard
}

/** The lines of PITrail: `C: EHLO x`, `S: 250 ok`, `-- note`. */
export function trailOf(heard: readonly Heard[]): string[] {
  return heard.flatMap(({ name, event }) =>
    name === 'PITrail' ? `${['C:', 'S:', '--'][event.direction]} ${event.message}` : [],
  )
}

/** The error that a promise rejects with. @throws when it does not */
export async function failure(promise: Promise<unknown>): Promise<Error & { readonly code?: number }> {
  try {
    await promise
  } catch (error) {
    return error as Error & { readonly code?: number }
  }
  throw new Error('it did not fail')
}

import { afterEach, expect } from 'vitest'
import type { PosthornError, SmtpClient, SmtpOptions, TrailEvent } from '../src/index.js'
import { PASSWORD, withPassword } from './auth-scripts.js'
import { AuthServer, type AuthScript } from './auth-server.js'
import { clientFor } from './support.js'

export const credentials = { user: 'alice', password: PASSWORD }

const clients: SmtpClient[] = []
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close({ now: true })
})

/** Closes the client with the test. */
export function closing(client: SmtpClient): SmtpClient {
  clients.push(client)
  return client
}

/** A client whose trail is kept. */
export function client(
  server: AuthServer,
  options: Partial<SmtpOptions> = {},
): SmtpClient & { readonly shown: () => string } {
  const made = clientFor(server, { credentials, allowCleartextAuth: true, deadlineMs: 10_000, ...options })
  const trail: TrailEvent[] = []
  made.on('trail', (event) => trail.push(event))
  return Object.assign(closing(made), { shown: () => JSON.stringify(trail) })
}

/** What was thrown; a success fails the test. */
export async function failing(doing: Promise<unknown>): Promise<PosthornError> {
  return doing.then(
    () => expect.fail('it should have failed'),
    (error: unknown) => error as PosthornError,
  )
}

/** A server that offers these mechanisms. */
export const start = (offers: string, auth: AuthScript = withPassword(PASSWORD), more: object = {}) =>
  AuthServer.start({ offers, auth, ...more })

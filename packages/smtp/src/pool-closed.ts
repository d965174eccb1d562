import { ProtocolError, SettingsError } from '@posthorn/ground'

/** For what is asked of a client after its `close`. */
export function closedClient(): SettingsError {
  return new SettingsError('pool.closed', 'client', 'is closed', {
    phase: 'wait',
    hint: 'Make a new client, or close it later.',
  })
}

/** For what a `close` that does not wait ends. */
export function endedByClose(): ProtocolError {
  return new ProtocolError('pool.closed', 'the client was closed', {
    phase: 'wait',
    outcome: 'transient',
    hint: 'Send again with a new client.',
  })
}

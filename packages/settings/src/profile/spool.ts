import { group, line, setting } from './parts.js'

/** Where messages wait for another process to send them. */
export const spool = group({
  directory: setting(line(4096), {
    says: 'Transport `spool`: the folder each message is written into, for `posthorn spool process` or another worker to send. It must be there.',
    effect: 'session',
    holds: 'path',
    from: ['ipworks.method.Queue'],
  }),
})

import { domainToASCII } from 'node:url'
import { inspect } from 'node:util'
import { expect } from 'vitest'
import {
  certificates,
  ScriptedServer,
  type CertificateName,
  type Chunking,
  type Dialogue,
  type ScriptedResult,
} from '@posthorn/testkit'
import {
  isSendFailure,
  PosthornError,
  SmtpClient,
  type Receipt,
  type Reply,
  type SessionSendOptions,
  type SmtpOptions,
  type SmtpSession,
  type TrailEvent,
} from '../src/index.js'
import {
  caseOf,
  contentOf,
  envelopeOf,
  expectations,
  type DialogueCase,
  type Expectation,
  type SendCase,
  type SessionSendCase,
} from './dialogue-case.js'

/** A client or a server that is not done by then hangs, on the slowest machine. */
const HANGS_MS = 10_000

/** What one call of the client came to. */
interface Result {
  readonly receipt?: Receipt | undefined
  readonly error?: PosthornError
  readonly replies?: readonly Reply[]
}

/**
 * Replays a dialogue against a real client and checks everything that must hold: both sides came to the end of the script, the results
 * are the expected ones, the receipts agree with what the server took, no secret is in the trail or in an error, nothing stays open.
 */
export async function play(dialogue: Dialogue, chunking: Chunking): Promise<void> {
  const about = caseOf(dialogue)
  const { ca } = await certificates()
  const implicitTls =
    about.implicitTls === undefined ? {} : { implicitTls: about.implicitTls as boolean | CertificateName }
  await using server = await ScriptedServer.start(dialogue, { chunking, ...implicitTls })
  const client = new SmtpClient(optionsFor(about, server.port, ca))
  const trail: TrailEvent[] = []
  client.on('trail', (event) => trail.push(event))

  const results = await settled('the client', act(client, about, trail), server)
  await settled('close()', client.close(), server)
  const { errors, transcript, ledger } = await settled('the server', server.finished, server)
  const story = `\n${transcript.join('\n')}\n${results.map(({ error }) => (error ? `${error.code}: ${error.message}` : 'resolved')).join('\n')}`

  expect(errors, story).toEqual([])
  const expected = expectations(about)
  results.forEach((result, index) => checkResult(result, expected[index] ?? {}, story))
  if (about.blind === undefined) checkLedger(about, results, ledger, story)
  checkSecrets(about, trail, results)
  for (const text of about.clearWithout ?? [])
    expect(ledger.octetsBeforeTls.includes(text), `"${text}" in clear${story}`).toBe(false)
  expect(client.counts).toEqual({ open: 0, idle: 0, busy: 0, waiting: 0 })
}

function optionsFor({ options = {}, implicitTls }: DialogueCase, port: number, ca: string): SmtpOptions {
  return {
    security: implicitTls === undefined ? 'none' : 'implicit',
    localName: 'client.example.test',
    deadlineMs: 5_000,
    ...options,
    host: '127.0.0.1',
    port,
    tls: { ca, ...options.tls },
    pool: { maxConnections: 1, ...options.pool },
  }
}

async function act(client: SmtpClient, about: DialogueCase, trail: TrailEvent[]): Promise<Result[]> {
  if (about.verify) return [await outcome(client.verify().then(() => ({})))]
  if (about.session) return own(client, about.session)
  const sends = about.sends ?? [about.send ?? {}]
  if (!about.inTurn) return Promise.all(sends.map((send) => outcome(submit(client, send))))
  const results: Result[] = []
  for (const send of sends) {
    results.push(await outcome(submit(client, send)))
    await lull(trail)
  }
  return results
}

/** A server that hangs up or speaks unasked between two messages is heard before the second one: until the session is seen to end. */
async function lull(trail: TrailEvent[]): Promise<void> {
  for (let turn = 0; turn < 20 && trail.at(-1)?.type !== 'close'; turn++)
    await new Promise((resolve) => void setImmediate(resolve))
}

async function submit(
  client: SmtpClient,
  send: SendCase,
  on: Pick<SmtpSession, 'send'> = client,
  terms: SessionSendOptions = {},
): Promise<Result> {
  const abort = new AbortController()
  const { abortAt } = send
  const listen = (event: TrailEvent): void => {
    if (abortAt !== undefined && moment(event).startsWith(abortAt))
      abort.abort(new Error('the caller has changed its mind'))
  }
  client.on('trail', listen)
  try {
    const more = {
      ...(send.recipients ? { recipients: send.recipients } : {}),
      ...(send.deadlineMs === undefined ? {} : { deadlineMs: send.deadlineMs }),
    }
    return {
      receipt: await on.send(
        { envelope: envelopeOf(send), content: contentOf(send.content) },
        { ...more, ...terms, signal: abort.signal },
      ),
    }
  } finally {
    client.off('trail', listen)
  }
}

/** What `abortAt` is compared with. */
function moment(event: TrailEvent): string {
  if (event.type === 'command') return event.line
  if (event.type === 'reply') return `reply:${event.reply.code} ${event.reply.lines.join(' ')}`
  return event.type === 'content' && event.done ? 'content done' : ''
}

/** Messages and commands on a session of one's own. @returns the results of the messages, then that of the commands */
async function own(client: SmtpClient, steps: readonly (string | SessionSendCase)[]): Promise<Result[]> {
  let opened: SmtpSession | undefined
  const opening = await outcome(client.session().then((session) => ((opened = session), {})))
  const session = opened
  if (!session) return [opening]
  const results: Result[] = []
  const replies: Reply[] = []
  const commands = async (): Promise<Result> => {
    for (const step of steps) {
      if (typeof step === 'string') {
        if (step === 'quit') await session.quit()
        else replies.push(await command(session, step))
        continue
      }
      const { reset, resetAfterFailure, dirty = false } = step
      const terms = {
        ...(reset === undefined ? {} : { reset }),
        ...(resetAfterFailure === undefined ? {} : { resetAfterFailure }),
      }
      results.push(await outcome(submit(client, step, session, terms)))
      // a RSET that is under way is over with the next turn
      if (session.alive && resetAfterFailure === false) expect(session.dirty).toBe(dirty)
    }
    return { replies }
  }
  const last = await outcome(commands())
  await session.quit()
  return steps.some((step) => typeof step === 'string') || last.error ? [...results, last] : results
}

async function command(session: SmtpSession, line: string): Promise<Reply> {
  const [, verb = '', argument] = /^(\S+)(?: (.*))?$/s.exec(line) ?? []
  if (verb === 'raw' || verb === 'secret') return session.raw(argument ?? '', { secret: verb === 'secret' })
  if (verb === 'noop') return session.noop(argument)
  if (verb === 'rset') return session.rset()
  if (verb === 'help') return session.help(argument)
  if (verb === 'vrfy') return session.vrfy(argument ?? '')
  if (verb === 'expn') return session.expn(argument ?? '')
  throw new Error(`there is no session command "${verb}"`)
}

async function outcome(doing: Promise<Result>): Promise<Result> {
  try {
    return await doing
  } catch (error) {
    if (!(error instanceof PosthornError)) throw error
    return { error, receipt: isSendFailure(error) ? error.receipt : undefined }
  }
}

/** Waits for one side; when it hangs, says where the server stands. */
async function settled<T>(who: string, doing: Promise<T>, server: ScriptedServer): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const hangs = new Promise<'hangs'>((resolve) => (timer = setTimeout(() => resolve('hangs'), HANGS_MS)))
  try {
    const first = await Promise.race([doing, hangs])
    if (first !== 'hangs') return first
    await server.close()
    const { errors, transcript }: ScriptedResult = await server.finished
    throw new Error(`${who} does not come to an end\n${errors.join('\n')}\n${transcript.join('\n')}`)
  } finally {
    clearTimeout(timer)
  }
}

function checkResult({ error, receipt, replies }: Result, expected: Expectation, story: string): void {
  expect(summary(error, expected), story).toEqual(
    expected.error && { ...expected.error, says: expected.error.says ?? undefined },
  )
  if (error) expect(error.hint, `${error.code} has no hint`).toMatch(/\w/)
  if (expected.deliveries)
    expect(
      receipt?.deliveries.map((delivery, index) => pick(delivery, expected.deliveries?.[index])),
      story,
    ).toEqual(expected.deliveries)
  else if (receipt && !error)
    expect(
      receipt.deliveries
        .map(({ recipient, outcome }) => `${recipient} ${outcome}`)
        .filter((line) => !line.endsWith(' delivered')),
      story,
    ).toEqual([])
  for (const { at } of receipt?.deliveries ?? []) expect(Number.isInteger(at)).toBe(true)
  if (expected.replies)
    expect(
      replies?.map(({ code }) => code),
      story,
    ).toEqual(expected.replies)
  if (expected.lines) expect(replies?.at(-1)?.lines, story).toEqual(expected.lines)
}

/** The facts of the error that the expectation names, or all that count when none was expected. */
function summary(error: PosthornError | undefined, { error: expected }: Expectation): unknown {
  if (!error) return undefined
  const facts = {
    name: error.name,
    code: error.code,
    phase: error.phase,
    outcome: error.outcome,
    field: 'field' in error ? error.field : undefined,
    replyCode: error.reply?.code,
    says: expected?.says !== undefined && error.message.includes(expected.says) ? expected.says : undefined,
  }
  if (!expected) return { ...facts, message: error.message }
  return {
    ...Object.fromEntries(Object.entries(facts).filter(([key]) => key in expected)),
    says: expected.says === undefined ? undefined : (facts.says ?? error.message),
  }
}

function pick(delivery: Receipt['deliveries'][number], wanted: object | undefined): unknown {
  const facts = { ...delivery, code: delivery.reply?.code, enhanced: delivery.reply?.enhanced }
  return Object.fromEntries(Object.entries(facts).filter(([key]) => key in (wanted ?? { recipient: 0, outcome: 0 })))
}

/** Delivered means that the server took it as often, refused and notSent that it did not, unknown that it may have. */
function checkLedger(
  about: DialogueCase,
  results: readonly Result[],
  { transactions }: ScriptedResult['ledger'],
  story: string,
): void {
  const left = transactions.flatMap(({ recipients }) => recipients.map(mailbox))
  const take = (recipient: string): boolean => {
    const at = left.indexOf(canonical(recipient))
    return at !== -1 && left.splice(at, 1).length > 0
  }
  const deliveries = results.flatMap(({ receipt }) => receipt?.deliveries ?? [])
  for (const { recipient, outcome } of deliveries)
    if (outcome === 'delivered') expect(take(recipient), `${recipient} is said to be delivered${story}`).toBe(true)
  for (const { recipient, outcome } of deliveries) if (outcome === 'unknown') take(recipient)
  expect(left, `taken by the server, and no receipt says so${story}`).toEqual([])
  if (!about.ledger) return
  const shown = transactions.map(({ reversePath, recipients, content }) => ({
    reversePath,
    recipients,
    content: content.toString('latin1'),
  }))
  expect(shown, story).toMatchObject(about.ledger)
}

/** `TO:<b@example.test> NOTIFY=NEVER` as the mailbox. */
function mailbox(argument: string): string {
  return canonical(/^TO:<((?:"(?:[^"\\]|\\.)*"|[^">])*)>/.exec(argument)?.[1] ?? argument)
}

function canonical(address: string): string {
  const at = address.lastIndexOf('@')
  const local = address.slice(0, at).replace(/^"([\w.]+)"$/, '$1')
  const domain = address.slice(at + 1)
  return `${local}@${domain.startsWith('[') ? domain : domainToASCII(domain)}`
}

function checkSecrets({ options }: DialogueCase, trail: readonly TrailEvent[], results: readonly Result[]): void {
  const credentials = options?.credentials as Record<string, unknown> | undefined
  const secrets = ['password', 'accessToken']
    .map((key) => credentials?.[key])
    .filter((value) => typeof value === 'string')
  const errors = results
    .map(({ error }) => error && `${inspect(error, { depth: 8 })} ${JSON.stringify(error)}`)
    .join('\n')
  for (const secret of secrets) {
    const forms = [
      secret,
      Buffer.from(secret).toString('base64'),
      Buffer.from(`\0${String(credentials?.user)}\0${secret}`).toString('base64'),
    ]
    for (const form of forms)
      expect(`${JSON.stringify(trail)}\n${errors}`.includes(form), 'a secret is in the trail or in an error').toBe(
        false,
      )
  }
}

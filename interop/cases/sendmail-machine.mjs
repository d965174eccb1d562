// Programs that call /usr/sbin/sendmail and nothing else, on a machine where that is Posthorn, by the profile of the machine.
import { deepStrictEqual, equal, match, ok } from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { Skipped } from '../lab.mjs'
import { arrivedIn, profileOf, PROGRAM, run } from '../sendmail-caller.mjs'

const POLL_MS = 100
const ARRIVAL_LIMIT_MS = 60_000
const NOBODY = ['setpriv', '--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups']

/**
 * What runs a program on the machine, as root, once this is the profile of the machine.
 * @throws {Skipped} where there can be no such machine
 */
async function machine(lab, profile) {
  const { pid, home, reason } = await lab.server('mail-machine')
  if (reason !== undefined) throw new Skipped(`no mount namespace: ${reason}`)
  const inside = (args, options) => {
    const [command, ...rest] = [
      ...(process.getuid() === 0 ? [] : ['sudo', '-n', '--preserve-env=HOME']),
      ...['nsenter', '--target', String(pid), '--mount', '--', ...args],
    ]
    const env = { PATH: `${process.env.PATH}:/usr/sbin:/sbin`, HOME: home, LC_ALL: 'C.UTF-8' }
    return run(command, rest, { cwd: '/', env, ...options })
  }
  const readable = await inside([...NOBODY, 'sh', '-c', `test -r ${PROGRAM} && node -e 0`])
  if (readable.code !== 0) throw new Skipped('who runs jobs may enter neither this checkout nor Node')
  await inside(['sh', '-c', 'cat > /etc/posthorn/profile.yaml && chmod 644 /etc/posthorn/profile.yaml'], {
    input: profile,
  })
  return inside
}

/** Runs a daemon on the machine until mail has arrived in the box. */
async function untilMail(lab, box, inside, daemon, then = async () => {}) {
  // it ends with its standard input, whatever becomes of this case
  const watched = `${daemon} & daemon=$!; cat > /dev/null; kill $daemon; wait $daemon 2> /dev/null; true`
  let stop
  const running = inside(['sh', '-c', watched], { input: (stream) => void (stop = () => stream.end()) })
  const limit = Date.now() + ARRIVAL_LIMIT_MS
  let isThere = false
  try {
    await then()
    while (!isThere && Date.now() < limit) {
      await pause(POLL_MS)
      isThere = (await box.arrived()).length > 0
    }
  } finally {
    stop()
  }
  const { stdout, stderr } = await running
  ok(isThere, `nothing arrived; ${daemon} printed: ${stdout}${stderr}`)
  return arrivedIn(lab, box)
}

export const cases = [
  {
    title: 'cron: what a job of another user prints arrives, UTF-8 and all, though cron leaves it the HOME of root',
    async run(lab) {
      const inside = await machine(lab, profileOf(lab))
      const box = lab.box()
      const table = `MAILTO=${box.at('admin')}\nHOME=/\n@reboot nobody echo größer; echo .; id -un; echo wrong >&2\n`
      // started anew, cron runs @reboot at once, where any other time would be a minute away
      const install = 'cat > /etc/cron.d/job && chmod 644 /etc/cron.d/job && rm -f /run/crond.reboot'
      equal((await inside(['sh', '-c', install], { input: table })).code, 0)
      const [{ source, from, to, subject, text }, ...others] = await untilMail(lab, box, inside, 'exec cron -f')
      deepStrictEqual(others, [])
      deepStrictEqual([from.address, to.map(({ address }) => address)], ['machine@posthorn.example', [box.at('admin')]])
      match(source, /^From: machine@posthorn\.example \(Cron Daemon\)$/m)
      match(source, /^Return-Path: <machine@posthorn\.example>$/m)
      match(subject, /^Cron <nobody@.+> echo größer/)
      equal(text.replaceAll('\r\n', '\n'), 'größer\n.\nnobody\nwrong\n')
    },
  },
  {
    title: 'at: what a job prints goes to whom the profile names for names of this machine',
    async run(lab) {
      const box = lab.box()
      const profile = profileOf(lab).replace('sender: {', `sender: { defaultRecipient: ${box.at('admin')},`)
      const inside = await machine(lab, profile)
      const queue = async () =>
        equal((await inside(['at', '-m', 'now'], { input: 'echo hello; echo .; echo end\n' })).code, 0)
      const [{ source, subject, text }, ...others] = await untilMail(lab, box, inside, 'exec atd -f', queue)
      deepStrictEqual(others, [])
      match(subject, /^Output from your job/)
      match(source, new RegExp(`^To: ${box.at('admin')}$`, 'm'))
      equal(text.replaceAll('\r\n', '\n'), 'hello\n.\nend\n')
    },
  },
  {
    title: 'bsd-mailx: mail of root and of nobody, a blind copy; what is refused says so',
    async run(lab) {
      const inside = await machine(lab, profileOf(lab))
      const box = lab.box()
      const mail = ['bsd-mailx', '-s', 'from mailx', '-b', box.at('bcc'), box.at('anna')]
      for (const who of [[], NOBODY]) {
        const said = await inside([...who, ...mail], { input: 'hello\n.\nend\n' })
        deepStrictEqual([said.code, said.stderr], [0, ''])
      }
      while ((await box.arrived()).length < 4) await pause(POLL_MS) // it does not wait for sendmail
      const arrived = await arrivedIn(lab, box)
      const names = ['anna', 'anna', 'bcc', 'bcc'].map((name) => box.at(name))
      deepStrictEqual(
        arrived.map(({ recipient }) => recipient),
        names,
      )
      for (const { text, source } of arrived) {
        ok(!/^bcc:/im.test(source))
        match(text, /^hello\r?\n/)
      }
      const { stderr } = await inside(['bsd-mailx', '-v', '-s', 'refused', box.at('reject')], { input: 'text\n' })
      match(stderr, /\[smtp\.rcpt\.refused\]/)
    },
  },
]

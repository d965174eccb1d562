// Programs that hand their mail to sendmail(8), each configured to call Posthorn, and Postfix behind it.
import { deepStrictEqual, equal, match, ok } from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { arrivedIn, profileOf, run, withHome } from '../sendmail-caller.mjs'

/** More than it may take for any size: Node and Posthorn themselves, and a few blocks. */
/** Node itself takes up to some 210 MB here; a message held whole would come on top. */
const MEMORY_LIMIT_OCTETS = 300_000_000
const LARGE_OCTETS = 200_000_000

/** PHP as a web server runs it: the arguments of mail() in, what it says out. */
async function php(home, args, program = `${home.sendmail} -t -i`) {
  const code = 'var_dump(mail(...json_decode(stream_get_contents(STDIN), true)));'
  const set = { sendmail_path: program, 'mail.add_x_header': '1', display_errors: '1' }
  const settings = Object.entries(set).flatMap(([name, value]) => ['-d', `${name}=${value}`])
  return home.run('php', [...settings, '-r', code], { input: JSON.stringify(args) })
}

const phpCases = [
  {
    title: "PHP's mail(): names, UTF-8 as it stands, Cc, Bcc, and the envelope sender of its fifth argument",
    run: (lab) =>
      withHome(profileOf(lab), async (home) => {
        const box = lab.box()
        const headers = {
          From: 'Büro Köln <web@posthorn.example>',
          Cc: box.at('cc'),
          Bcc: box.at('bcc'),
          'Content-Type': 'text/plain; charset=utf-8',
        }
        const text = 'Grüße\n.\n..\nFrom here'
        const to = `Anna <${box.at('anna')}>, ${box.at('bert')}`
        const said = await php(home, [to, 'Grüße aus Köln', text, headers, '-fbounce@posthorn.example'])
        deepStrictEqual(said, { code: 0, stdout: 'bool(true)\n', stderr: '' })
        const arrived = await arrivedIn(lab, box)
        deepStrictEqual(
          arrived.map(({ recipient }) => recipient),
          ['anna', 'bcc', 'bert', 'cc'].map((name) => box.at(name)),
        )
        for (const { source, subject, from, messageId, text: shown } of arrived) {
          match(source, /^Return-Path: <bounce@posthorn\.example>$/m)
          deepStrictEqual([subject, shown.trimEnd().replaceAll('\r\n', '\n')], ['Grüße aus Köln', text])
          deepStrictEqual([from.name, from.address], ['Büro Köln', 'web@posthorn.example'])
          match(messageId, /^<.+@posthorn\.example>$/)
          match(source, /^X-PHP-Originating-Script: /m)
          ok(!/^bcc:/im.test(source))
        }
      }),
  },
  {
    title: "PHP's mail(): false when the relay refuses, and the message is kept",
    run: (lab) =>
      withHome(profileOf(lab), async (home) => {
        const { code, stdout, stderr } = await php(home, [lab.box().at('reject'), 'refused', 'text'])
        deepStrictEqual([code, stdout], [0, 'bool(false)\n'])
        match(stderr, /550 5\.1\.1 .*User unknown here.*\[smtp\.rcpt\.refused\]/)
        equal((await home.kept()).length, 2)
      }),
  },
  {
    title: "PHP's mail(): a relay that cannot be reached; the message is kept, and its script sends it",
    run: (lab) =>
      withHome('security: none\nrelay: { host: 127.0.0.1, port: 9 }\n', async (home) => {
        const box = lab.box()
        const { stdout, stderr } = await php(home, [box.at('later'), 'later', 'text', 'From: web@posthorn.example'])
        match(stdout, /^bool\((?:true|false)\)$/m) // PHP's source means to take 75 for queued, which some builds of it do
        match(stderr, /\[connect\.refused\]/)
        const script = /what to do: sh (\S+) sends it/.exec(stderr)[1]
        await writeFile(home.env.POSTHORN_PROFILE, profileOf(lab))
        equal((await home.run('sh', [script])).code, 0)
        deepStrictEqual(
          (await arrivedIn(lab, box)).map(({ recipient, subject }) => [recipient, subject]),
          [[box.at('later'), 'later']],
        )
        deepStrictEqual(await home.kept(), [])
      }),
  },
]

/** A repository with one patch in it, whose text and author are not ASCII. */
async function repository(home) {
  const path = join(home.home, 'repository')
  await mkdir(path)
  const git = async (...args) => {
    const { code, stdout, stderr } = await home.run('git', args, { cwd: path })
    equal(code, 0, stderr)
    return stdout.trim()
  }
  await git('init', '-q')
  await git('config', 'user.name', 'Jörg Müller')
  await git('config', 'user.email', 'joerg@posthorn.example')
  await git('config', 'sendemail.sendmailCmd', `${home.sendmail} -i`)
  await git('config', 'sendemail.confirm', 'never')
  await git('commit', '-q', '--allow-empty', '-m', 'first')
  await writeFile(join(path, 'text'), 'größer\n.\nFrom here\ntrailing \n')
  await git('add', '.')
  await git('commit', '-q', '-m', 'Grüße: add a text\n\n.\n\nFrom the body')
  return { path, git }
}

const gitCases = [
  {
    title: 'git send-email: the patch arrives so that git am makes the same commit of it',
    run: (lab) =>
      withHome(profileOf(lab), async (home) => {
        const box = lab.box()
        const { path, git } = await repository(home)
        await git('send-email', `--to=List <${box.at('list')}>`, `--cc=${box.at('cc')}`, '--suppress-cc=all', '-1')
        const arrived = await arrivedIn(lab, box)
        deepStrictEqual(
          arrived.map(({ recipient }) => recipient),
          [box.at('cc'), box.at('list')],
        )
        const [{ source }] = arrived
        const written = await git('rev-parse', 'HEAD^{tree}')
        const message = await git('log', '-1', '--format=%an%n%ae%n%B')
        await git('reset', '-q', '--hard', 'HEAD~1')
        await writeFile(join(path, '..', 'arrived.eml'), source)
        await git('am', '-q', '--keep-cr', '../arrived.eml')
        equal(await git('rev-parse', 'HEAD^{tree}'), written)
        equal(await git('log', '-1', '--format=%an%n%ae%n%B'), message)
      }),
  },
  {
    title: 'git send-email: dies when the relay refuses, and says why',
    run: (lab) =>
      withHome(profileOf(lab), async (home) => {
        const { path } = await repository(home)
        const args = ['send-email', `--to=${lab.box().at('reject')}`, '--suppress-cc=all', '-1']
        const { code, stderr } = await home.run('git', args, { cwd: path })
        ok(code !== 0)
        match(stderr, /\[smtp\.rcpt\.refused\]/)
      }),
  },
]

const muttrc = (home) => `set sendmail="${home.sendmail} -oem -oi"
set from="Mütter <mutt@posthorn.example>"
set use_from=yes
set use_envelope_from=yes
set copy=no
set send_charset="utf-8"
`

const muttCases = [
  {
    title: 'mutt: text, an attachment octet by octet, a blind copy, its own envelope sender',
    run: (lab) =>
      withHome(profileOf(lab), async (home) => {
        const box = lab.box()
        const large = randomBytes(700_000)
        await writeFile(join(home.home, 'large.bin'), large)
        await writeFile(join(home.home, 'muttrc'), muttrc(home))
        const args = ['-F', 'muttrc', '-s', 'Grüße', '-b', box.at('bcc'), '-a', 'large.bin', '--', box.at('anna')]
        const said = await home.run('mutt', args, { input: 'größer\n.\nend\n' })
        deepStrictEqual([said.code, said.stderr], [0, ''])
        const arrived = await arrivedIn(lab, box)
        deepStrictEqual(
          arrived.map(({ recipient }) => recipient),
          [box.at('anna'), box.at('bcc')],
        )
        for (const { source, subject, text, attachments } of arrived) {
          match(source, /^Return-Path: <mutt@posthorn\.example>$/m)
          ok(!/^bcc:/im.test(source))
          deepStrictEqual([subject, text.trimEnd().split(/\r?\n/)], ['Grüße', ['größer', '.', 'end']])
          deepStrictEqual(attachments.map(sha256Of), [sha256(large)])
        }
      }),
  },
  {
    title: 'mutt: tells of the exit code when the relay refuses',
    run: (lab) =>
      withHome(profileOf(lab), async (home) => {
        await writeFile(join(home.home, 'muttrc'), muttrc(home))
        const args = ['-F', 'muttrc', '-s', 'refused', '--', lab.box().at('reject')]
        const { code, stdout, stderr } = await home.run('mutt', args, { input: 'text\n' })
        ok(code !== 0)
        match(stdout + stderr, /exited 67 \(User unknown/)
      }),
  },
]

const mailxCases = [
  {
    title: 's-nail: text, a blind copy, and its exit code when the relay refuses',
    run: (lab) =>
      withHome(profileOf(lab), async (home) => {
        const box = lab.box()
        const set = [`mta=${home.sendmail}`, 'sendwait', 'sendcharsets=utf-8', 'from=nail@posthorn.example']
        const args = ['-:/', ...set.flatMap((each) => ['-S', each]), '-s', 'Grüße']
        const said = await home.run('s-nail', [...args, '-b', box.at('bcc'), box.at('anna')], {
          input: 'größer\n.\nend\n',
        })
        deepStrictEqual([said.code, said.stderr], [0, ''])
        const arrived = await arrivedIn(lab, box)
        deepStrictEqual(
          arrived.map(({ recipient, subject, text }) => [recipient, subject, text.trimEnd().replaceAll('\r\n', '\n')]),
          ['anna', 'bcc'].map((name) => [box.at(name), 'Grüße', 'größer\n.\nend']),
        )
        const refused = await home.run('s-nail', [...args, box.at('reject')], { input: 'text\n' })
        ok(refused.code !== 0)
        match(refused.stderr, /\[smtp\.rcpt\.refused\]/)
      }),
  },
]

/** A mail program that speaks SMTP with `sendmail -bs` on one socket in both directions, as inetd starts it, too. */
const SMTPLIB = `
import json, smtplib, socket, subprocess, sys
asked = json.load(sys.stdin)
class Pipe(smtplib.SMTP):
    def _get_socket(self, host, port, timeout):
        ours, theirs = socket.socketpair()
        self.child = subprocess.Popen([asked['sendmail'], '-bs'], stdin=theirs, stdout=theirs)
        theirs.close()
        ours.settimeout(50)
        return ours
said = []
smtp = Pipe('localhost')
smtp.ehlo('localhost')
for mail in asked['mails']:
    try:
        smtp.sendmail(mail['from'], mail['to'], mail['content'].encode())
        said.append(250)
    except smtplib.SMTPDataError as error:
        said.append(error.smtp_code)
smtp.quit()
print(json.dumps({ 'said': said, 'code': smtp.child.wait(50) }))
`

const smtpCases = [
  {
    title:
      'sendmail -bs: Python smtplib over a socket pair; one refused recipient keeps the message from all, the session goes on',
    run: (lab) =>
      withHome(profileOf(lab), async (home) => {
        const box = lab.box()
        const content = 'From: me@posthorn.example\r\nSubject: by SMTP\r\n\r\n.\r\n..\r\ngrüße\r\n'
        const from = 'me@posthorn.example'
        const mails = [[box.at('one')], [box.at('two'), box.at('reject')], [box.at('defer')], [box.at('three')]]
        const asked = { sendmail: home.sendmail, mails: mails.map((to) => ({ from, to, content })) }
        const { stdout, stderr } = await home.run('python3', ['-c', SMTPLIB], { input: JSON.stringify(asked) })
        equal(stderr, '')
        deepStrictEqual(JSON.parse(stdout), { said: [250, 550, 450, 250], code: 0 })
        const arrived = await arrivedIn(lab, box)
        deepStrictEqual(
          arrived.map(({ recipient, source }) => [recipient, source.slice(source.indexOf('\n\n') + 2)]),
          ['one', 'three'].map((name) => [box.at(name), '.\n..\ngrüße\n']),
        )
      }),
  },
]

const otherCases = [
  {
    title: `${LARGE_OCTETS / 1e6} MB from a pipe: refused by a relay that takes less, and kept, in less memory than it and Node would take`,
    run: (lab) =>
      withHome(profileOf(lab), async (home) => {
        const log = join(home.home, 'memory')
        const watch = `process.once('exit', () => require('node:fs').writeFileSync(process.env.MEMORY_LOG, String(process.resourceUsage().maxRSS)))`
        await writeFile(join(home.home, 'watch.cjs'), watch)
        const env = { ...home.env, MEMORY_LOG: log, NODE_OPTIONS: `--require ${join(home.home, 'watch.cjs')}` }
        const line = `${'x'.repeat(99)}\n`
        const { code, stdout, stderr } = await run(home.sendmail, ['-i', lab.box().at('large')], {
          ...{ cwd: home.home, env },
          async input(stream) {
            stream.write('Subject: large\n\n')
            const block = line.repeat(10_000)
            for (let octets = 0; octets < LARGE_OCTETS; octets += block.length) {
              if (!stream.write(block)) await new Promise((resolve) => stream.once('drain', resolve))
            }
            stream.end()
          },
        })
        deepStrictEqual([code, stdout], [65, ''])
        match(stderr, /\[content\.too-large\]/)
        const octets = Number(await readFile(log, 'utf8')) * 1024
        ok(octets < MEMORY_LIMIT_OCTETS, `${octets} octets of memory`)
        const [content] = await home.kept()
        const kept = await readFile(join(home.home, 'state', 'posthorn', 'unsent', content))
        ok(kept.length > LARGE_OCTETS, 'it is kept whole')
      }),
  },
]

export const cases = [...phpCases, ...gitCases, ...muttCases, ...mailxCases, ...smtpCases, ...otherCases]

function sha256Of({ content }) {
  return sha256(content)
}

function sha256(octets) {
  return createHash('sha256').update(octets).digest('hex')
}

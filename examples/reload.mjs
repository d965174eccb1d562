// A profile in a file that changes while the program runs: the next message goes by what it says now, and none is lost.
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Mailer, profileFromUrl } from 'posthorn'

const { credentials, ...profile } = profileFromUrl(process.env.POSTHORN_SERVER)
const folder = await mkdtemp(join(tmpdir(), 'posthorn-example-'))
const file = join(folder, 'office.json')
const env = credentials && { ...process.env, MAIL_PASSWORD: credentials.password.reveal() }
try {
  await write({ organization: 'Example Ltd' })
  const mailer = await Mailer.load(file, { env, watch: true })
  const draft = { to: 'bruno@example.test', subject: 'Hi', text: 'Hello!\n' }
  await mailer.send(draft)
  const changed = new Promise((resolve) => mailer.on('reload', resolve))
  await write({ organization: 'Example & Sons Ltd' })
  console.log(await changed)
  await mailer.send(draft)
  await mailer.close()
} finally {
  await rm(folder, { recursive: true })
}

/** A new file in the place of the old one: nobody ever reads half of it. */
async function write(sender) {
  const login = credentials && { ...credentials, password: 'env:MAIL_PASSWORD' } // the secret itself stays out of the file
  const text = JSON.stringify({ ...profile, credentials: login, sender: { from: 'anna@example.test', ...sender } })
  await writeFile(`${file}.new`, text)
  await rename(`${file}.new`, file)
}

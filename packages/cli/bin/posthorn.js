#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { basename } from 'node:path'

const program = new URL('../dist/program.js', import.meta.url)
if (existsSync(program)) {
  const { run } = await import(program.href)
  // a link of this name, such as /usr/sbin/sendmail, is called with the arguments of sendmail(8)
  const asSendmail = basename(process.argv[1] ?? '') === 'sendmail' ? ['sendmail'] : []
  process.exitCode = await run([...asSendmail, ...process.argv.slice(2)])
} else {
  console.error('posthorn: this working copy is not built yet\nwhat to do: Type "npm run setup", then try again.')
  process.exitCode = 70
}

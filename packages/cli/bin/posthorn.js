#!/usr/bin/env node
import { existsSync } from 'node:fs'

const program = new URL('../dist/program.js', import.meta.url)
if (existsSync(program)) {
  const { run } = await import(program.href)
  process.exitCode = await run(process.argv.slice(2))
} else {
  console.error('posthorn: this working copy is not built yet\nwhat to do: Type "npm run setup", then try again.')
  process.exitCode = 70
}

// Takes the addresses of funding pages out of the lock file, which npm writes into it and never reads there.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './repository.mjs'

const path = join(root, 'package-lock.json')
/** @type {{ packages: Record<string, { funding?: unknown }> }} */
const lock = JSON.parse(readFileSync(path, 'utf8'))
for (const entry of Object.values(lock.packages)) delete entry.funding
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
console.log('package-lock.json: no funding pages')

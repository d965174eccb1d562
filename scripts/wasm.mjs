// Assembles the WebAssembly of the packages into TypeScript modules that hold the octets. `--check` only compares.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import wabtInit from 'wabt'

const packages = join(dirname(fileURLToPath(import.meta.url)), '..', 'packages')
/** Where the modules of a package go, for its sources in `wasm`. */
const folders = [
  { source: join(packages, 'smtp', 'wasm'), target: join(packages, 'smtp', 'src', 'content') },
  { source: join(packages, 'mime', 'wasm'), target: join(packages, 'mime', 'src', 'encode') },
]
const check = process.argv.includes('--check')
const wabt = await wabtInit()
let stale = 0
for (const { source, target } of folders) {
  const names = readdirSync(source).filter((name) => name.endsWith('.wat'))
  for (const name of names) assemble(join(source, name), join(target, name.replace('.wat', '.wasm.ts')), name)
  const known = new Set(names.map((name) => name.replace('.wat', '.wasm.ts')))
  for (const name of readdirSync(target)) {
    if (!name.endsWith('.wasm.ts') || known.has(name)) continue
    stale++
    console.error(`wasm: ${relative('.', join(target, name))} has no source; remove it`)
  }
}
process.exit(stale > 0 ? 1 : 0)

/** Writes the module of a source, or says that the present one is another. @param {string} source @param {string} target @param {string} name */
function assemble(source, target, name) {
  const { buffer } = wabt.parseWat(name, readFileSync(source, 'utf8'), { simd: true }).toBinary({})
  const [first = '', ...more] = name.replace('.wat', '').split('-')
  const constant = `${first}${more.map((word) => word[0]?.toUpperCase() + word.slice(1)).join('')}Module`
  const text = `// Generated from wasm/${name} by scripts/wasm.mjs.\nexport const ${constant} =\n  '${Buffer.from(buffer).toString('base64')}'\n`
  let present = ''
  try {
    present = readFileSync(target, 'utf8')
  } catch {
    // not generated yet
  }
  if (present === text) return
  if (!check) return writeFileSync(target, text)
  stale++
  console.error(`wasm: ${relative('.', target)} is not what ${name} gives; run node scripts/wasm.mjs`)
}

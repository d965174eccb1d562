// Assembles packages/smtp/wasm/*.wat into TypeScript modules that hold the octets. `--check` only compares.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import wabtInit from 'wabt'

const packageFolder = join(dirname(fileURLToPath(import.meta.url)), '..', 'packages', 'smtp')
const wabt = await wabtInit()
let stale = 0
for (const name of readdirSync(join(packageFolder, 'wasm'))) {
  const source = readFileSync(join(packageFolder, 'wasm', name), 'utf8')
  const { buffer } = wabt.parseWat(name, source, { simd: true }).toBinary({})
  const constant = `${name.replace('.wat', '')}Module`
  const text = `// Generated from wasm/${name} by scripts/wasm.mjs.\nexport const ${constant} =\n  '${Buffer.from(buffer).toString('base64')}'\n`
  const target = join(packageFolder, 'src', 'content', name.replace('.wat', '.wasm.ts'))
  let present = ''
  try {
    present = readFileSync(target, 'utf8')
  } catch {
    // not generated yet
  }
  if (present === text) continue
  stale++
  if (!process.argv.includes('--check')) writeFileSync(target, text)
  else console.error(`wasm: ${target} is not what ${name} gives; run node scripts/wasm.mjs`)
}
process.exit(process.argv.includes('--check') && stale > 0 ? 1 : 0)

import { readdirSync, readFileSync, existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { checkProfile } from '../check-profile.js'
import { FORMATS } from './formats.js'
const MINE = ['nodemailer', 'url', 'msmtp', 'postfix', 'ipworks', 'dotenv']
const root = new URL('../../test/samples/', import.meta.url)
let seed = 12345
const rnd = (n: number) => { seed = (seed * 1103515245 + 12345) & 0x7fffffff; return seed % n }
const BITS = ['\n', '"', "'", '`', '{', '}', '[', ']', '(', ')', ',', ':', '=', '/', '\\', '#', ' ', '\0', '${', 'process.env.X', '@', '://', '?', '&', '%', 'é', '\u2028', ' : ', '//', '/*', '<', '>', '65536', 'true', '-1', '__proto__', 'constructor']
function mutate(t: string) {
  for (let k = 1 + rnd(4); k > 0; k--) {
    const at = rnd(t.length + 1), len = rnd(12)
    switch (rnd(5)) {
      case 0: t = t.slice(0, at) + t.slice(at + len); break
      case 1: t = t.slice(0, at) + BITS[rnd(BITS.length)] + t.slice(at); break
      case 2: t = t.slice(0, at) + BITS[rnd(BITS.length)] + t.slice(at + len); break
      case 3: { const b = rnd(t.length + 1); t = t.slice(0, at) + t.slice(b, b + rnd(60)) + t.slice(at); break }
      default: t = t.slice(0, at) + String.fromCharCode(rnd(128)) + t.slice(at + 1)
    }
  }
  return t
}
it.each(MINE)('mutated %s', (name) => {
  const format = FORMATS.find((f) => f.name === name)!
  const folder = new URL(`${name}/`, root)
  const files = readdirSync(folder).map((f) => readFileSync(new URL(f, folder), 'utf8'))
  let ok = 0
  let worst = 0
  for (let i = 0; i < 10_000; i++) {
    const text = mutate(files[i % files.length]!)
    const t0 = performance.now()
    try {
      const { profiles, report } = format.import({ text })
      ok++
      for (const { profile } of profiles) checkProfile(profile)
      const shown = JSON.stringify(report)
      if (shown.includes('Geheim')) { console.log(text, report.filter((r) => JSON.stringify(r).includes('Geheim'))); expect.unreachable('secret') }
      for (const { name: n, profile } of profiles) if (format.export) format.export({ name: n, profile })
    } catch (e) {
      if (!/^import\./.test((e as { code?: string }).code ?? '') || String(e).includes('Geheim') || JSON.stringify(e).includes('Geheim')) { console.log(text); throw e }
    }
    format.recognises({ text })
    worst = Math.max(worst, performance.now() - t0)
  }
  console.log(name, 'imported', ok, 'worst ms', worst.toFixed(1))
}, 300_000)
it('recognition is exclusive', () => {
  for (const dir of readdirSync(root)) {
    const folder = new URL(`${dir}/`, root)
    if (!existsSync(folder)) continue
    for (const f of readdirSync(folder, { recursive: true }) as string[]) {
      let text
      try { text = readFileSync(new URL(f, folder), 'utf8') } catch { continue }
      const names = FORMATS.filter((each) => each.recognises({ text, name: f })).map((e) => e.name)
      if (names.length !== 1 || names[0] !== dir) console.log(dir, f, names)
    }
  }
})
it('pathological', () => {
  const big = [' '.repeat(1_000_000), 'a'.repeat(1_000_000), 'a='.repeat(500_000), '{'.repeat(200_000), '{a:'.repeat(200_000), '"'.repeat(1_000_000), "'\\".repeat(400_000), '/*'.repeat(400_000), '//\n'.repeat(300_000), 'smtp://' + '%41'.repeat(3000), 'smtp://a?' + 'a=b&'.repeat(300_000), '$a'.repeat(400_000), 'createTransport('.repeat(60_000), 'const a = b\n'.repeat(60_000), 'A="'.repeat(300_000), "A='\nB=\"\nC=`\n".repeat(80_000), 'x = ' + ' ,'.repeat(300_000), 'smtp_sasl_password_maps = ' + ' '.repeat(9000) + 'x\nrelayhost=[a]', 'relayhost=[a]\nsmtp_sasl_password_maps = a' + ' '.repeat(9900) + 'x', 'account a\nhost h\npasswordeval ' + "'".repeat(500_000), 'MailServer=a\n' + 'Aa'.repeat(300_000) + '=x', 'MailServer=a\nOtherHeaders=' + 'a:\\n'.repeat(200_000), 'SMTP_A'.repeat(100_000) + '_HOST', 'SMTP' + '_A'.repeat(400_000)]
  for (const [i, text] of big.entries()) for (const f of FORMATS.filter(({ name }) => MINE.includes(name))) {
    const t0 = performance.now()
    f.recognises({ text })
    try { f.import({ text }) } catch (e) { if (!/^import\./.test((e as { code?: string }).code ?? '')) { console.log(i, f.name); throw e } }
    const ms = performance.now() - t0
    if (ms > 300) console.log('slow', i, f.name, text.slice(0, 30), ms.toFixed(0))
  }
}, 300_000)

const t0=performance.now()
const { Mailer } = await import('posthorn')
const t1=performance.now()
console.log('import', (t1-t0).toFixed(0))
const m = new Mailer(process.argv[2])
try { await m.verify({deadlineMs: 500}) } catch (e) { console.log(e.code) }
await m.close()

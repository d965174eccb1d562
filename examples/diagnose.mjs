// Why does no mail go out? The way is gone step by step, without sending anything, and what is wrong is said with one next step.
import { diagnose, profileFromUrl } from 'posthorn'

const { smtp } = profileFromUrl(process.env.POSTHORN_SERVER)

await tell('as it is', smtp)
await tell('with the wrong TLS mode', { ...smtp, security: 'implicit' })
await tell('with a login mechanism the server does not have', { ...smtp, mechanisms: ['GSSAPI'] })

async function tell(title, options) {
  const { ok, checks, findings } = await diagnose({ smtp: options }, { sender: 'anna@example.test' })
  console.log(`${title}: ${ok ? 'ready to send' : 'not ready to send'}`)
  for (const { step, status } of checks) console.log(`  ${status.padEnd(8)}${step}`)
  for (const { code, cause, nextStep } of findings) console.log(`  ${code}: ${cause} ${nextStep}`)
}

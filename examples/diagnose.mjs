// Why does no mail go out? The way is gone step by step, without sending anything, and what is wrong is said with one next step.
import { diagnose, profileFromUrl } from 'posthorn'

const profile = profileFromUrl(process.env.POSTHORN_SERVER)

await tell('as it is', profile)
await tell('with the wrong TLS mode', { ...profile, security: 'implicit' })
await tell('with a login mechanism the server does not have', {
  ...profile,
  credentials: { ...profile.credentials, mechanisms: ['GSSAPI'] },
})

async function tell(title, way) {
  const { ok, checks, findings } = await diagnose(way, { sender: 'anna@example.test' })
  console.log(`${title}: ${ok ? 'ready to send' : 'not ready to send'}`)
  for (const { step, status } of checks) console.log(`  ${status.padEnd(8)}${step}`)
  for (const { code, cause, nextStep } of findings) console.log(`  ${code}: ${cause} ${nextStep}`)
}

// What can go wrong, and what to do then: branch on `code` and `outcome`, never on text.
import { isSendFailure, Mailer, PosthornError, profileFromUrl } from 'posthorn'

const draft = { from: 'anna@example.test', to: 'bruno@example.test', subject: 'Hi', text: 'Hello!\n' }
const profile = profileFromUrl(process.env.POSTHORN_SERVER)

await attempt('a draft that would add a header field', profile, { ...draft, subject: 'Hi\r\nBcc: eve@example.test' })
await attempt('nobody listens', { ...profile, relay: { ...profile.relay, port: 1 } }, draft)
await attempt('a certificate nobody vouches for', { ...profile, tls: {} }, draft)
await attempt('a password that must not travel in the clear', { ...profile, security: 'none' }, draft)
await attempt('all is well', profile, draft)

async function attempt(title, way, message) {
  console.log(`${title}:`)
  let mailer
  try {
    mailer = new Mailer(way)
    await mailer.send(message)
    console.log('  delivered')
  } catch (error) {
    if (!(error instanceof PosthornError)) throw error
    console.log(`  ${error.code} (${error.phase}): ${error.message}`)
    console.log(`  ${whatNow(error)}: ${error.hint}`)
    // every recipient has an outcome of its own, once sending had begun
    if (isSendFailure(error))
      for (const { recipient, outcome } of error.receipt.deliveries) console.log(`  ${recipient}: ${outcome}`)
  } finally {
    await mailer?.close()
  }
}

function whatNow({ outcome }) {
  if (outcome === 'transient') return 'try again later, unchanged'
  if (outcome === 'permanent') return 'change something first'
  return 'it may have been delivered; sending again may make a second copy'
}

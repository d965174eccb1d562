// A thousand messages over at most four connections. They are made as they are taken: never more than the connections can carry.
import { Mailer, profileFromUrl } from 'posthorn'

const profile = profileFromUrl(process.env.POSTHORN_SERVER)
const mailer = new Mailer({ ...profile, pool: { maxConnections: 4 } })
try {
  const startedAt = performance.now()
  let delivered = 0
  let mostOpen = 0
  for await (const { mail, receipt, error } of mailer.sendMany(drafts())) {
    if (error) console.log(`${mail.to}: ${error.code}`)
    else delivered += receipt.deliveries.filter(({ outcome }) => outcome === 'delivered').length
    mostOpen = Math.max(mostOpen, mailer.counts.open)
  }
  const seconds = (performance.now() - startedAt) / 1000
  console.log(`${delivered} delivered over ${mostOpen} connections, ${Math.round(delivered / seconds)} a second`)
} finally {
  await mailer.close()
}

function* drafts() {
  for (let index = 0; index < 1000; index++) {
    const to = `reader-${index}@example.test`
    yield { from: 'news@example.test', to, subject: `Issue ${index}`, text: 'News!\n' }
  }
}

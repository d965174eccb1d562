// A thousand messages over at most four connections. A send waits for its turn by itself; nothing else is to be done.
import { Mailer, profileFromUrl } from 'posthorn'

const { smtp } = profileFromUrl(process.env.POSTHORN_SERVER)
const mailer = new Mailer({ smtp: { ...smtp, pool: { maxConnections: 4 } } })
try {
  const startedAt = performance.now()
  let delivered = 0
  let mostOpen = 0
  await Promise.all(
    Array.from({ length: 1000 }, async (_, index) => {
      const draft = {
        from: 'news@example.test',
        to: `reader-${index}@example.test`,
        subject: `Issue ${index}`,
        text: 'News!\n',
      }
      const { deliveries } = await mailer.send(draft)
      delivered += deliveries.filter(({ outcome }) => outcome === 'delivered').length
      mostOpen = Math.max(mostOpen, mailer.counts.open)
    }),
  )
  const seconds = (performance.now() - startedAt) / 1000
  console.log(`${delivered} delivered over ${mostOpen} connections, ${Math.round(delivered / seconds)} a second`)
} finally {
  await mailer.close()
}

// Asks the servers to tell when the message cannot be delivered (DSN, RFC 3461), in a form that a program can match to the message.
import { randomUUID } from 'node:crypto'
import { Mailer } from 'posthorn'

const envelopeId = randomUUID() // comes back in every notification: keep it with what the message was about

const mailer = new Mailer(process.env.POSTHORN_SERVER)
try {
  const receipt = await mailer.send(
    { from: 'anna@example.test', to: 'bruno@example.test', subject: 'Your order', text: 'It is on its way.\n' },
    {
      envelope: {
        reversePath: 'bounces+order-4711@example.test', // where notifications go
        notify: { prefer: ['failure', 'delay'] }, // prefer: left out where the server does not offer DSN
        ret: { prefer: 'headers' }, // the header section is enough to tell which message it was
        envelopeId: { prefer: envelopeId },
      },
    },
  )
  const [delivery] = receipt.deliveries
  console.log(`${delivery.recipient}: ${delivery.outcome}; notifications name ${envelopeId}`)
} finally {
  await mailer.close()
}

// One message. POSTHORN_SERVER says which way, such as smtps://user:password@relay.example
import { Mailer } from 'posthorn'

const mailer = new Mailer(process.env.POSTHORN_SERVER)
try {
  const receipt = await mailer.send({
    from: 'Anna <anna@example.test>',
    to: ['bruno@example.test', 'Chris <chris@example.test>'],
    subject: 'Grüße',
    text: 'Hello Bruno, hello Chris!\n',
  })
  console.log(`sent ${receipt.messageId}`)
  for (const { recipient, outcome, reply } of receipt.deliveries) console.log(recipient, outcome, reply?.code)
} finally {
  await mailer.close() // says QUIT, so that the process can end
}

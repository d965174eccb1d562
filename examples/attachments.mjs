// Text and HTML, a picture inside the HTML, a file from disk, and octets that are made while they are sent.
import { Mailer } from 'posthorn'

async function* measurements() {
  for (let hour = 0; hour < 24; hour++) yield Buffer.from(`${hour}:00,${(20 + Math.sin(hour)).toFixed(1)}\n`)
}

const picture = Buffer.from('R0lGODlhAQABAIAAAP8AAP///yH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64')

const mailer = new Mailer(process.env.POSTHORN_SERVER)
try {
  const { messageId } = await mailer.send({
    from: 'anna@example.test',
    to: 'bruno@example.test',
    bcc: 'archive@example.test', // in the envelope only
    subject: 'The figures',
    text: 'The figures are attached.\n',
    html: '<p><img src="cid:dot" alt=""> The figures are attached.</p>',
    attachments: [
      { filename: 'dot.gif', contentId: 'dot', content: picture },
      { filename: 'example.mjs', path: new URL(import.meta.url), contentType: 'text/plain; charset=utf-8' },
      { filename: 'measurements.csv', content: measurements }, // called again when the message is sent again
    ],
  })
  console.log(`sent ${messageId}`)
} finally {
  await mailer.close()
}

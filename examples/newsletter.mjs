// One message for each reader: a picture in the HTML, plain text made from the HTML, and a link that unsubscribes with one click.
import { Mailer } from 'posthorn'

const readers = [
  { name: 'Bruno', address: 'bruno@example.test', token: 'a8c1' },
  { name: 'Zoë Müller', address: 'zoe@example.test', token: 'f03d' },
]
const banner = Buffer.from('R0lGODlhAQABAIAAAP8AAP///yH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64')

const mailer = new Mailer(process.env.POSTHORN_SERVER)
try {
  const receipts = await Promise.all(
    readers.map(({ name, address, token }) =>
      mailer.send({
        from: { name: 'The Example News', address: 'news@example.test' },
        to: { name, address },
        subject: `News for ${name} 📮`,
        html: `<img src="cid:banner" alt="The Example News"><h1>Hello ${escaped(name)}</h1><p>Read <a href="https://example.test/1">the first story</a>.</p>`,
        textFromHtml: true,
        attachments: [{ filename: 'banner.gif', contentId: 'banner', content: banner }],
        list: {
          id: 'The Example News <news.example.test>',
          unsubscribe: [`https://example.test/unsubscribe/${token}`, 'leave@example.test'],
          oneClick: true, // RFC 8058: large providers ask for it
        },
        autoSubmitted: 'auto-generated', // keeps vacation answers away
      }),
    ),
  )
  console.log(`sent ${receipts.length} letters`)
} finally {
  await mailer.close()
}

function escaped(text) {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}

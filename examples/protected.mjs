// Signed by the sender and encrypted for the reader (S/MIME), so that nobody on the way can read it or change it unseen.
import { Mailer, openCertificateStore } from 'posthorn'

const store = (name) => openCertificateStore({ source: { path: new URL(`certificates/${name}`, import.meta.url) } })
const anna = (await store('anna-with-key.pem')).identity()
const bruno = (await store('bruno.pem')).certificates

const mailer = new Mailer(process.env.POSTHORN_SERVER)
try {
  const { messageId } = await mailer.send(
    {
      from: 'anna@example.test',
      to: 'bruno@example.test',
      subject: 'Between us', // header fields stay readable: put nothing secret here
      text: 'The code is 4711.\n',
    },
    {
      compose: {
        smime: {
          sign: { identity: anna },
          encrypt: { certificates: bruno, alsoFor: [anna.certificate], cipher: 'aes-256-gcm' },
        },
      },
    },
  )
  console.log(`sent ${messageId}`)
} finally {
  await mailer.close()
}

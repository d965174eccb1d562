// An invoice whose PDF is made while it is sent: it is never in memory whole, and its size is known before, so that the server can
// refuse a message that is too large before it is sent.
import { Mailer } from 'posthorn'

const PAGES = 200

/** A plain PDF, object by object. The same octets each time: the message may have to be sent again. */
function* pdf(pages) {
  const offsets = []
  let at = 0
  const put = (text) => {
    const octets = Buffer.from(text, 'latin1')
    at += octets.length
    return octets
  }
  const object = (number, body) => {
    offsets[number] = at
    return put(`${number} 0 obj\n${body}\nendobj\n`)
  }
  yield put('%PDF-1.4\n')
  yield object(1, '<</Type/Catalog/Pages 2 0 R>>')
  const kids = Array.from({ length: pages }, (_, index) => `${4 + 2 * index} 0 R`).join(' ')
  yield object(2, `<</Type/Pages/Count ${pages}/Kids[${kids}]>>`)
  yield object(3, '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>')
  for (let page = 0; page < pages; page++) {
    const text = `BT /F1 18 Tf 72 720 Td (Invoice 4711, page ${page + 1} of ${pages}) Tj ET`
    yield object(
      4 + 2 * page,
      `<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents ${5 + 2 * page} 0 R>>`,
    )
    yield object(5 + 2 * page, `<</Length ${text.length}>>\nstream\n${text}\nendstream`)
  }
  const start = at
  const table = offsets.slice(1).map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`)
  yield put(`xref\n0 ${offsets.length}\n0000000000 65535 f \n${table.join('')}`)
  yield put(`trailer\n<</Size ${offsets.length}/Root 1 0 R>>\nstartxref\n${start}\n%%EOF\n`)
}

async function* streamed() {
  yield* pdf(PAGES)
}

let sizeOctets = 0
for (const octets of pdf(PAGES)) sizeOctets += octets.length

const mailer = new Mailer(process.env.POSTHORN_SERVER)
try {
  const { messageId } = await mailer.send({
    from: { name: 'Anna, Accounts', address: 'anna@example.test' },
    to: 'bruno@example.test',
    subject: 'Your invoice 4711',
    text: 'The invoice is attached.\n',
    attachments: [{ filename: 'Rechnung №4711.pdf', content: streamed, sizeOctets }],
  })
  console.log(`sent ${messageId} with a PDF of ${sizeOctets} octets`)
} finally {
  await mailer.close()
}

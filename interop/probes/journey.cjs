// What an application does with the packages, on whatever Node runs this: one mail by each way in. Settings come by the environment,
// where no list of processes shows them; the result is one line of JSON.
module.exports = async function journey({ SmtpClient, compose, Mailer }) {
  const { port, user, password, from, viaClient, viaMailer, marker } = JSON.parse(process.env.POSTHORN_PROBE)
  const draft = (to) => ({
    from,
    to,
    subject: `Grüße from Node ${process.versions.node}`,
    text: 'Good day.\n.\nEnd.',
    headers: [{ name: marker, value: to }],
    attachments: [{ filename: 'octets.bin', content: new Uint8Array(1000).fill(200) }],
  })

  // the authority is known by NODE_EXTRA_CA_CERTS
  const client = new SmtpClient({ host: '127.0.0.1', port, security: 'implicit', credentials: { user, password } })
  const message = await compose(draft(viaClient))
  const first = await client.send(message)
  await client.close()

  const mailer = new Mailer(`smtps://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}`)
  const second = await mailer.send(draft(viaMailer))
  await mailer.close()

  const content = []
  for await (const block of message.content.open()) content.push(Buffer.from(block))
  const outcomes = [first, second].map(({ deliveries }) => deliveries[0].outcome)
  console.log(
    JSON.stringify({ node: process.versions.node, outcomes, content: Buffer.concat(content).toString('base64') }),
  )
}

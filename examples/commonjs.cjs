// From CommonJS: Node 20.19 and later can require what is written as a module.
const { Mailer } = require('posthorn')

async function main() {
  const mailer = new Mailer(process.env.POSTHORN_SERVER)
  try {
    const { messageId } = await mailer.send({
      from: 'anna@example.test',
      to: 'bruno@example.test',
      subject: 'From CommonJS',
      text: 'Hello!\n',
    })
    console.log(`sent ${messageId}`)
  } finally {
    await mailer.close()
  }
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})

// An invitation that mail programs show with buttons to accept and decline (RFC 6047).
import { Mailer } from 'posthorn'

const stamp = (date) => date.toISOString().replace(/[-:]|\.\d+/g, '')
const start = new Date(Date.now() + 7 * 24 * 3600_000)
const end = new Date(start.getTime() + 3600_000)

const invitation = [
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:-//Example//Posthorn//EN',
  'METHOD:REQUEST',
  'BEGIN:VEVENT',
  `UID:${start.getTime()}@example.test`,
  'SEQUENCE:0',
  `DTSTAMP:${stamp(new Date())}`,
  `DTSTART:${stamp(start)}`,
  `DTEND:${stamp(end)}`,
  'SUMMARY:Kaffee und Kuchen',
  'ORGANIZER;CN=Anna:mailto:anna@example.test',
  'ATTENDEE;CN=Bruno;RSVP=TRUE:mailto:bruno@example.test',
  'END:VEVENT',
  'END:VCALENDAR',
  '',
].join('\r\n')

const mailer = new Mailer(process.env.POSTHORN_SERVER)
try {
  const { messageId } = await mailer.send({
    from: 'Anna <anna@example.test>',
    to: 'Bruno <bruno@example.test>',
    subject: 'Kaffee und Kuchen',
    text: `You are invited: ${start.toUTCString()}.\n`,
    html: `<p>You are invited: <b>${start.toUTCString()}</b>.</p>`,
    calendar: { content: invitation, filename: 'invitation.ics' }, // the method is read from the object
  })
  console.log(`sent ${messageId}`)
} finally {
  await mailer.close()
}

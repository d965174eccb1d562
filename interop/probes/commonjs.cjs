// The packages by require.
const { compose } = require('@posthorn/mime')
const { SmtpClient } = require('@posthorn/smtp')
const { Mailer } = require('posthorn')
const journey = require('./journey.cjs')

void journey({ SmtpClient, compose, Mailer })

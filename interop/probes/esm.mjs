// The packages by import.
import { compose } from '@posthorn/mime'
import { SmtpClient } from '@posthorn/smtp'
import { Mailer } from 'posthorn'
import journey from './journey.cjs'

await journey({ SmtpClient, compose, Mailer })

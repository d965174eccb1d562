import { beyondtrust } from './beyondtrust/beyondtrust.js'
import { dotenv } from './dotenv/dotenv.js'
import { genesys } from './genesys/genesys.js'
import { illiad } from './illiad/illiad.js'
import type { ImportFormat } from './import.js'
import { ipworks } from './ipworks/ipworks.js'
import { javamail } from './javamail/javamail.js'
import { msmtp } from './msmtp/msmtp.js'
import { nodemailer } from './nodemailer/nodemailer.js'
import { postfix } from './postfix/postfix.js'
import { runmyjobs } from './runmyjobs/runmyjobs.js'
import { url } from './url/url.js'

/** Every format that can be imported, in the order in which a text is tried on them. */
export const FORMATS: readonly ImportFormat[] = [
  illiad,
  genesys,
  beyondtrust,
  runmyjobs,
  javamail,
  nodemailer,
  url,
  msmtp,
  postfix,
  ipworks,
  dotenv,
]

import type { Provider } from './provider.js'

/** What Gmail wants for SMTP with XOAUTH2; it serves the Gmail API, too. */
const MAIL = 'https://mail.google.com/'

/** Google Accounts. */
export function google(): Provider {
  return {
    issuer: 'https://accounts.google.com',
    tokenUrl: 'https://oauth2.googleapis.com/token',
    authorizationUrl: 'https://accounts.google.com/o/oauth2/v2/auth',
    deviceAuthorizationUrl: 'https://oauth2.googleapis.com/device/code',
    scopes: { application: MAIL, delegated: MAIL },
    // without these two there is no refresh token, or only at the very first sign-in
    authorizationParameters: { access_type: 'offline', prompt: 'consent' },
    clientSecretMethod: 'post',
  }
}

import nodemailer, { type TransportOptions } from 'nodemailer'

/* pooled, through a proxy, signed */
const options: SMTPPool.Options = {
  pool: true,
  host: process.env.SMTP_HOST || 'relay.example.com',
  port: Number(process.env.SMTP_PORT) || 465,
  secure: true,
  auth: { user: 'app', pass: process.env.SMTP_PASS! },
  maxConnections: 3,
  rateLimit: 10,
  rateDelta: 1000,
  proxy: 'socks5://proxy:Geheim%40proxy@proxy.example.com:1080',
  tls: {
    rejectUnauthorized: false,
    ca: fs.readFileSync('/etc/ssl/private-ca.pem'),
  },
  dkim: {
    domainName: 'example.com',
    keySelector: '2026',
    privateKey: '-----BEGIN PRIVATE KEY-----\nGeheimAAAA\n-----END PRIVATE KEY-----',
  },
  logger: true,
  ...common,
  onError: (e) => console.log(e),
}

export const transport = nodemailer.createTransport(options, {
  from: '"Shop, Ltd" <shop@example.com>',
  replyTo: 'help@example.com',
  headers: { 'X-App': 'shop' },
  dsn: { return: 'headers', notify: ['failure', 'delay'] },
})

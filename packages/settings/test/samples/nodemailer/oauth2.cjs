let transporter = nodemailer.createTransport({
  host: 'smtp.gmail.com',
  port: 465,
  secure: true,
  auth: {
    type: 'OAuth2',
    user: 'user@gmail.com',
    clientId: '000000000000-xxx0.apps.googleusercontent.com',
    clientSecret: 'GeheimXxxxxXXxX0xxxxxxxx0XXxX0',
    refreshToken: '1/GeheimXXxXxsss-xxxXXXXXxXxx0XXXxxXXx0x00xxx',
    accessToken: 'ya29.GeheimXx_XX0xxxxx-xX0X0XxXXxXxXXXxX0x',
    expires: 1484314697598,
  },
})
let microsoft = nodemailer.createTransport({
  host: 'smtp.office365.com',
  port: 587,
  auth: {
    type: 'OAuth2',
    user: 'box@example.com',
    clientId: 'id',
    clientSecret: process.env['MS_SECRET'],
    refreshToken: `${process.env.MS_REFRESH}`,
    accessUrl: 'https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token',
  },
})
let service = nodemailer.createTransport({
  service: 'Gmail',
  auth: {
    type: 'oauth2',
    user: 'box@example.com',
    serviceClient: '113600000000000000000',
    privateKey: '-----BEGIN PRIVATE KEY-----\nGeheim...',
  },
})

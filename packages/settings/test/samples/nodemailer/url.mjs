import nodemailer from 'nodemailer'
export default nodemailer.createTransport(
  'smtps://user%40example.com:Geheim%2Fx@smtp.example.com/?pool=true&maxConnections=2&tls.minVersion=TLSv1.3',
)

// how most people have it
const nodemailer = require('nodemailer')

const transporter = nodemailer.createTransport({
  service: 'gmail',
  auth: {
    user: 'shop@gmail.com',
    pass: 'Geheim-0000-app', // an app password
  },
})

import type { ImportFormat } from '../import.js'
import { exportJavaMail } from './export-javamail.js'
import { importJavaMail } from './import-javamail.js'

/**
 * JavaMail properties (Jakarta Mail, Angus Mail) in a `.properties` file, `mail.smtp.*` and `mail.smtps.*`, also as Spring Boot writes them
 * (`spring.mail.*`). The name and the password of the login, which are no properties of JavaMail, may stand beside them.
 */
export const javamail: ImportFormat = {
  name: 'javamail',
  says: 'JavaMail properties (mail.smtp.*, mail.smtps.*, spring.mail.*) in a .properties file',
  recognises: ({ text }) =>
    /^[ \t]{0,80}(?:spring\.mail\.|mail\.(?:smtps?|transport)\.)[^\s=:]{1,200}[ \t]{0,80}[=:]/im.test(text),
  import: importJavaMail,
  export: exportJavaMail,
}

// Dovecot's submission server, with every mechanism it has. It hands the mail on to Postfix before it says "250".
import { chown, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { idOf } from '../postfix.mjs'
import { launch } from '../launch.mjs'
import { kerberosPaths } from './kdc.mjs'

/** As Dovecot names them. */
const MECHANISMS =
  'plain login cram-md5 digest-md5 scram-sha-1 scram-sha-256 xoauth2 oauthbearer external gssapi gss-spnego'

/**
 * Starts it. Access tokens are those of `oidc`, asked after by introspection; EXTERNAL takes the common name of a client certificate.
 * @returns facts: `ports` (`submission`: STARTTLS, `submissions`: TLS from the first octet), `foreign`: an account with letters beyond ASCII
 */
export async function startDovecot({ folder, user, password, certificates, relay, start }) {
  const home = join(folder, 'dovecot')
  await mkdir(join(home, 'run'), { recursive: true })
  const foreign = { user: 'zoë', password: `${password} ß,=ü` }
  const log = join(home, 'dovecot.log')
  const { facts: oidc } = await start('oidc')
  const introspection = new URL(oidc.introspectionUrl)
  introspection.username = oidc.resourceServer.clientId
  introspection.password = oidc.resourceServer.clientSecret

  const accounts = [{ user, password }, foreign].map(({ user: name, password: secret }) => `${name}:{PLAIN}${secret}\n`)
  await writeFile(join(home, 'users'), accounts.join(''), { mode: 0o600 })
  await chown(join(home, 'users'), await idOf('-u', 'dovecot'), 0)
  await writeFile(join(home, 'oauth2.conf'), tokenConf(introspection.href, oidc.issuer))
  const ports = await launch('Dovecot', ['submission', 'submissions'], async (found) => {
    await writeFile(join(home, 'dovecot.conf'), mainConf({ home, folder, certificates, relay, ports: found, log }))
    const args = ['-F', '-c', join(home, 'dovecot.conf')]
    return { command: 'dovecot', args, cwd: home, logPath: join(home, 'dovecot.out') }
  })
  return { facts: { ports, foreign, log } }
}

function tokenConf(introspectionUrl, issuer) {
  return `introspection_mode = post
introspection_url = ${introspectionUrl}
username_attribute = username
active_attribute = active
active_value = true
openid_configuration_url = ${issuer}/.well-known/openid-configuration
`
}

/** One instance beside any that the machine may run. Loopback counts as secured there, so AUTH is shown before STARTTLS, too. */
function mainConf({ home, folder, certificates, relay, ports, log }) {
  const { config, keytab } = kerberosPaths(folder)
  return `protocols = submission
base_dir = ${home}/run
state_dir = ${home}/run
listen = 127.0.0.1
instance_name = posthorn-${ports.submission}
log_path = ${log}
auth_verbose = yes
hostname = dovecot.posthorn.example
import_environment = TZ KRB5_CONFIG=${config}
first_valid_uid = 1
mail_location = maildir:~/Maildir
mail_max_userip_connections = 500

ssl = yes
ssl_cert = <${certificates.chain}
ssl_key = <${certificates.chain}
ssl_ca = <${certificates.caPath}
ssl_verify_client_cert = yes
ssl_require_crl = no
ssl_cert_username_field = commonName
auth_ssl_username_from_cert = yes

auth_mechanisms = ${MECHANISMS}
auth_realms = posthorn.example
auth_username_chars =
auth_username_format = %Lu
auth_failure_delay = 0
auth_krb5_keytab = ${keytab}
auth_gssapi_hostname = "$ALL"
passdb {
  driver = static
  mechanisms = external gssapi gss-spnego
  args = nopassword=y
}
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = ${home}/oauth2.conf
}
passdb {
  driver = passwd-file
  mechanisms = plain login cram-md5 digest-md5 scram-sha-1 scram-sha-256
  args = scheme=PLAIN username_format=%n ${home}/users
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=${home}/home/%n
}

submission_relay_host = ${relay.host}
submission_relay_port = ${relay.port}
submission_relay_ssl = no
submission_max_mail_size = 26214400
service submission-login {
  chroot =
  service_count = 0
  inet_listener submission {
    port = ${ports.submission}
  }
  inet_listener submissions {
    port = ${ports.submissions}
    ssl = yes
  }
}
# neither punishes nor waits after a wrong password
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
`
}

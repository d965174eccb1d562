// The configuration of Exim, as text.

/**
 * The doors, by name; what each shows for a certificate, and what it staples to it. `submission`: AUTH after STARTTLS. `certificates`: the
 * same, but no TLS without a client certificate of the authority (which EXTERNAL goes by, or nothing at all). The others ask nobody who they are, and
 * show certificates of `revocation`.
 */
export const DOORS = {
  submission: {},
  certificates: {},
  good: { shows: 'good' },
  revoked: { shows: 'revoked' },
  unreachable: { shows: 'unreachable' },
  stapled: { shows: 'good', staples: 'good' },
}

/** One instance beside any that the machine may run, which delivers nothing itself. */
export function mainConf({ home, owner, user, password, certificates, relay, ports, revocation, env }) {
  // with a letter in front: a number alone would be the place in the list
  const byDoor = (value, otherwise) => {
    const entries = Object.entries(DOORS).flatMap(([door, is]) => (value(is) ? [`p${ports[door]}=${value(is)}`] : []))
    return `\${extract{p$received_port}{${entries.join(' ')}}{$value}{${otherwise}}}`
  }
  const file = ({ shows }, kind) => shows && revocation.certificates[shows][kind]
  const open = Object.keys(DOORS).filter((door) => DOORS[door].shows)
  const isOpen = `match{$received_port}{^(${open.map((door) => ports[door]).join('|')})\\$}`
  const isCertificates = `eq{$received_port}{${ports.certificates}}`
  return `exim_user = ${owner}
exim_group = ${owner}
exim_path = ${home}/exim
trusted_users = ${owner}
never_users = root
deliver_drop_privilege
spool_directory = ${home}/spool
log_file_path = ${home}/%slog
pid_file_path = ${home}/pid
keep_environment = ${Object.keys(env).join(' : ')}
primary_hostname = exim.posthorn.example
qualify_domain = posthorn.example
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${Object.values(ports).join(' : ')}
tls_advertise_hosts = *
tls_certificate = ${byDoor((door) => file(door, 'chainPath'), `${home}/chain.pem`)}
tls_privatekey = ${byDoor((door) => file(door, 'keyPath'), `${home}/chain.pem`)}
tls_ocsp_file = ${byDoor(({ staples }) => staples && revocation.certificates[staples].staplePath, '')}
tls_verify_certificates = ${certificates.caPath}
tls_try_verify_hosts = *
tls_verify_hosts = \${if ${isCertificates}{*}{}}
auth_advertise_hosts = \${if ${isOpen}{}{*}}
chunking_advertise_hosts = *
dsn_advertise_hosts = *
pipelining_connect_advertise_hosts = *
smtputf8_advertise_hosts = *
prdr_enable = true
host_lookup =
rfc1413_hosts =
smtp_accept_max = 200
smtp_accept_queue_per_connection = 0
message_size_limit = 25M
received_header_text = Received: \${if def:authenticated_id {(authenticated $authenticated_id) }}\\
  by $primary_hostname with $received_protocol id $message_exim_id
acl_smtp_mail = acl_mail
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = acl_all
acl_smtp_data_prdr = acl_all
log_selector = +smtp_protocol_error +tls_peerdn

begin acl
acl_all:
  accept
acl_mail:
  accept authenticated = *
  accept condition = \${if ${isOpen}}
  accept condition = \${if ${isCertificates}}
         verify = certificate
  deny   message = 530 5.7.0 Authentication required
acl_rcpt:
  deny   local_parts = reject
         message = 550 5.1.1 User unknown here
  accept

begin routers
everything:
  driver = manualroute
  route_list = * ${relay.host}
  self = send
  transport = relay

begin transports
relay:
  driver = smtp
  port = ${relay.port}
  hosts_avoid_tls = *
  hosts_try_prdr =

begin retry
* * F,2h,10m

begin authenticators
${authenticators({ user, password })}`
}

const ADVERTISED = 'server_advertise_condition = ${if def:tls_in_cipher}'
/** By Cyrus SASL, whose accounts are those of `sasldb2`. */
const CYRUS = ['DIGEST-MD5', 'SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'GSSAPI']

function authenticators({ user, password }) {
  return `plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if and{{eq{$auth2}{${user}}}{eq{$auth3}{${password}}}}}
  server_set_id = $auth2
  ${ADVERTISED}
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = \${if and{{eq{$auth1}{${user}}}{eq{$auth2}{${password}}}}}
  server_set_id = $auth1
  ${ADVERTISED}
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = \${if eq{$auth1}{${user}}{${password}}fail}
  server_set_id = $auth1
  ${ADVERTISED}
ntlm:
  driver = spa
  public_name = NTLM
  server_password = \${if eq{$auth1}{${user}}{${password}}fail}
  server_set_id = $auth1
  ${ADVERTISED}
external:
  driver = external
  public_name = EXTERNAL
  server_advertise_condition = $tls_in_certificate_verified
  server_param2 = \${certextract {subj_altname,mail,>:}{$tls_in_peercert}}
  server_condition = \${if inlisti{$auth1}{$auth2}}
  server_set_id = $auth1
${CYRUS.map(
  (mechanism) => `${mechanism.replaceAll('-', '_').toLowerCase()}:
  driver = cyrus_sasl
  public_name = ${mechanism}
  server_mech = ${mechanism}
  server_realm = posthorn.example
  server_hostname = localhost
  server_service = smtp
  server_set_id = $auth1
  ${ADVERTISED}
`,
).join('')}`
}

// The configuration of the Postfix that the cases send to, as text.

/** Mailboxes are told apart by domain: everything at `box7.example` lands in the Maildir `box7`, any other domain in `rest`. */
export const BOXES = 400

/** Recipients with a meaning, at any domain. `lost@` is accepted and then cannot be delivered. */
export const RECIPIENTS = `/^reject@/  550 5.1.1 User unknown here
/^full@/    552 5.2.2 Mailbox full
/^defer@/   450 4.2.1 Try again later
/^drop@/    421 4.7.0 Going away
`
export const TRANSPORT = '/^lost@/  nomailbox:\n'

export function mailboxTable() {
  const lines = Array.from({ length: BOXES }, (_, number) => `/@box${number}\\.example$/  box${number}/`)
  return `${lines.join('\n')}\n/./  rest/\n`
}

/** main.cf for an instance that shares nothing with one that the machine may run. */
export function mainCf({ folder, chain, caPath, kerberos, uid, gid }) {
  return `compatibility_level = 3.6
queue_directory = ${folder}/queue
data_directory = ${folder}/data
mail_owner = postfix
setgid_group = postdrop
maillog_file = ${folder}/log/maillog
maillog_file_prefixes = ${folder}/log
import_environment = MAIL_CONFIG MAIL_LOGTAG TZ LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME
  KRB5_CONFIG=${kerberos.config} KRB5_KTNAME=${kerberos.keytab}
myhostname = mail.posthorn.example
mydomain = posthorn.example
mydestination =
mynetworks = 192.0.2.1/32
inet_protocols = ipv4
smtpd_peername_lookup = no
alias_maps =
alias_database =
local_recipient_maps =
biff = no

# everything is delivered here, as it came
virtual_mailbox_domains = static:all
virtual_mailbox_base = ${folder}/mail
virtual_mailbox_maps = regexp:${folder}/etc/mailboxes
virtual_minimum_uid = 1
virtual_uid_maps = static:${uid}
virtual_gid_maps = static:${gid}
virtual_mailbox_limit = 0
mailbox_size_limit = 0
transport_maps = regexp:${folder}/etc/transport
local_header_rewrite_clients =

# neither guards against a flood nor waits for one; the limits on errors and junk commands keep their defaults
message_size_limit = 26214400
smtpd_client_connection_count_limit = 0
smtpd_client_event_limit_exceptions = 127.0.0.0/8
default_process_limit = 60
in_flow_delay = 0

# strict: a bare LF, a command sent too early or a sloppy path is refused
strict_rfc821_envelopes = yes
smtpd_forbid_bare_newline = reject
smtpd_forbid_unauth_pipelining = yes
smtputf8_enable = yes

smtpd_recipient_restrictions = check_recipient_access regexp:${folder}/etc/recipients, reject_unauth_destination
smtpd_relay_restrictions = reject_unauth_destination
smtpd_tls_chain_files = ${chain}
smtpd_tls_CAfile = ${caPath}
smtpd_tls_fingerprint_digest = sha256
relay_clientcerts = regexp:${folder}/etc/fingerprints
smtpd_tls_security_level = may
smtpd_tls_received_header = yes
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
cyrus_sasl_config_path = ${folder}/etc/sasl
smtpd_sasl_local_domain = posthorn.example
smtpd_sasl_security_options = noanonymous
smtpd_sasl_authenticated_header = yes
`
}

/** Cyrus SASL, with passwords in a file of its own: `smtpd` has the two that every client knows, `every` all there are. */
export function saslConfs({ folder }) {
  return Object.entries(MECHANISMS).map(([name, mechanisms]) => ({
    name: `${name}.conf`,
    text: `pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: ${folder}/etc/sasldb2
mech_list: ${mechanisms}
`,
  }))
}

const MECHANISMS = {
  smtpd: 'PLAIN LOGIN',
  every: 'PLAIN LOGIN CRAM-MD5 DIGEST-MD5 NTLM SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-512 GSSAPI GSS-SPNEGO',
}

const AUTH = [
  'smtpd_sasl_auth_enable=yes',
  'smtpd_relay_restrictions=permit_sasl_authenticated,reject',
  'smtpd_client_restrictions=permit_sasl_authenticated,reject',
]

/**
 * The doors, by name. `submission`: STARTTLS is required before AUTH. `smtps`: TLS from the first octet. `clear`: AUTH without TLS.
 * `mx`: no AUTH, STARTTLS offered. `poor`: almost no extension, 100 kB. `logins`, `loginsClear`: as `submission` and `clear`, with every
 * mechanism. `certificates`: no TLS without a client certificate of the authority, which is all it asks. `fingerprints`: asks for a
 * certificate, knows some by their fingerprint, and refuses the others' recipients.
 */
export const DOORS = {
  submission: ['smtpd_tls_security_level=encrypt', 'smtpd_tls_auth_only=yes', ...AUTH],
  smtps: ['smtpd_tls_wrappermode=yes', ...AUTH],
  clear: ['smtpd_tls_security_level=none', ...AUTH],
  logins: ['smtpd_tls_security_level=encrypt', 'smtpd_tls_auth_only=yes', 'smtpd_sasl_path=every', ...AUTH],
  loginsClear: ['smtpd_tls_security_level=none', 'smtpd_sasl_path=every', ...AUTH],
  certificates: [
    'smtpd_tls_security_level=encrypt',
    'smtpd_tls_req_ccert=yes',
    'smtpd_relay_restrictions=permit_tls_all_clientcerts,reject',
  ],
  fingerprints: [
    'smtpd_tls_security_level=encrypt',
    'smtpd_tls_ask_ccert=yes',
    'smtpd_relay_restrictions=permit_tls_clientcerts,reject',
  ],
  mx: [],
  poor: [
    'smtpd_tls_security_level=none',
    'smtpd_discard_ehlo_keywords=pipelining,dsn,chunking,8bitmime,smtputf8,vrfy,etrn,enhancedstatuscodes',
    'message_size_limit=100000',
  ],
}

/** master.cf with a listener for each door, and the services that Postfix is made of. */
export function masterCf(ports) {
  const doors = Object.entries(DOORS).map(([name, settings]) => {
    const options = [`syslog_name=postfix/${name}`, ...settings].map((setting) => ` -o ${setting}`)
    return `127.0.0.1:${ports[name]} inet n - n - - smtpd${options.join('')}\n`
  })
  return `${doors.join('')}${SERVICES}`
}

// service, kind, private, unprivileged, chroot, wake-up time, process limit, program
const SERVICES = `pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
nomailbox unix - n n - - pipe user=nobody argv=/bin/sh -c { exit 67 }
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`

// TLS servers that staple bad news, which mail servers refuse to do: openssl, with TLS from the first octet and no mail behind it.
import { join } from 'node:path'
import { launch } from '../launch.mjs'

/** The certificate shown, and the one that the stapled answer is about; see revocation.mjs. */
const DOORS = {
  revoked: { shows: 'revoked', staples: 'revoked' },
  other: { shows: 'good', staples: 'unreachable' },
}

/** Starts one for each. @returns facts: `ports` (`revoked`: the answer says so; `other`: the answer is about another certificate) */
export async function startStapling({ folder, start }) {
  const { certificates } = (await start('revocation')).facts
  const ports = {}
  for (const [door, { shows, staples }] of Object.entries(DOORS)) {
    const { chainPath, keyPath } = certificates[shows]
    const found = await launch(`openssl s_server (${door})`, [door], (free) => ({
      command: 'openssl',
      args: [
        ...['s_server', '-www', '-accept', `127.0.0.1:${free[door]}`, '-cert', chainPath, '-cert_chain', chainPath],
        ...['-key', keyPath, '-status_file', certificates[staples].staplePath],
      ],
      cwd: folder,
      logPath: join(folder, 'log', `stapling-${door}.out`),
    }))
    Object.assign(ports, found)
  }
  return { facts: { ports } }
}

import { discover, SettingsError, type Candidate } from 'posthorn'

/**
 * The server of an address: the first that answers, when it may be used without anybody looking at it.
 * @throws {SettingsError} `discover.confirm` for a name that only DNS vouches for (RFC 6186 6); as `discover`
 */
export async function foundServer(address: string): Promise<Candidate> {
  const { candidates } = await discover(address, { verify: 'all' })
  const [best] = candidates
  if (best?.confirm === undefined) return best!
  const { host } = best.settings
  throw new SettingsError('discover.confirm', address, `leads to ${host}, which nothing but DNS vouches for`, {
    hint: `If that is the server of your provider, name it yourself: --relay ${host} (posthorn profile configure).`,
  })
}

import { createRequire } from 'node:module'

interface Verified {
  readonly results: readonly {
    readonly signingDomain: string
    readonly algo: string
    readonly status: { readonly result: string; readonly comment?: string }
  }[]
}
type Resolve = (name: string, type: string) => Promise<string[][]>
type Verify = (octets: Buffer, options: { readonly resolver: Resolve; readonly curTime?: Date }) => Promise<Verified>

// mailauth has no declarations
const { dkimVerify } = createRequire(import.meta.url)('mailauth/lib/dkim/verify') as { dkimVerify: Verify }

/** What another implementation says about the signatures of a message: `pass`, `fail`, ... in the order of the fields. */
export async function verifyDkim(
  message: Buffer,
  keys: Readonly<Record<string, string>>,
  curTime?: Date,
): Promise<string[]> {
  const resolver: Resolve = (name) => {
    const record = keys[name]
    return record === undefined
      ? Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }))
      : Promise.resolve([[record]])
  }
  const { results } = await dkimVerify(message, curTime ? { resolver, curTime } : { resolver })
  return results.map(({ algo, status }) => `${algo} ${status.result}`)
}

// Gets one token with a file store, and kills itself right before step N of all that touches the disk or the network.
// Arguments: address of the built oauth2/index.js, path of the store, token endpoint, N (0: never). Prints each step, and the token.
import fs from 'node:fs/promises'
import { writeSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const [module, path, tokenUrl, killAt] = process.argv.slice(2)
let steps = 0

/** @param {string} name */
function step(name) {
  steps++
  writeSync(1, `${name}\n`)
  if (steps === Number(killAt)) process.kill(process.pid, 'SIGKILL')
}

/** @param {Record<string, any>} object @param {string} name */
function watch(object, name) {
  const original = object[name]
  object[name] = function (/** @type {unknown[]} */ ...args) {
    step(name)
    return original.apply(this, args)
  }
}

const { TokenManager, FileTokenStore } = await import(module)
const handle = await fs.open(process.execPath)
const prototype = Object.getPrototypeOf(handle)
await handle.close()
for (const name of ['writeFile', 'write', 'sync']) watch(prototype, name)
for (const name of ['open', 'rename', 'readFile', 'unlink']) watch(fs, name)
syncBuiltinESMExports()

const manager = new TokenManager({
  provider: { tokenUrl },
  clientId: 'app',
  grant: { type: 'refresh-token', refreshToken: 'rt-1' },
  credential: 'box',
  store: new FileTokenStore({ path }),
  fetch: async (/** @type {string} */ url, /** @type {RequestInit} */ init) => {
    step('request')
    const response = await globalThis.fetch(url, init)
    const text = await response.text()
    step('answer')
    return new globalThis.Response(text, { status: response.status, headers: response.headers })
  },
})
const { token } = await manager.token()
writeSync(1, `token ${token.reveal()}\n`)
process.exit(0)

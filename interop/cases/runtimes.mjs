// The built packages on each Node they promise to run on, as ECMAScript modules and from CommonJS, each with real mail.
import { deepStrictEqual, equal, ok } from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { MARKER, sameOctets, withLf } from '../letter.mjs'
import { nodeBinary, RUNNING } from '../runtime.mjs'

const run = promisify(execFile)
const PROBE_LIMIT_MS = 30_000

const majors = [...new Set([20, 22, 24, RUNNING])].sort((a, b) => a - b)

export const cases = majors.flatMap((major) =>
  [
    { way: 'import', program: 'esm.mjs' },
    { way: 'require', program: 'commonjs.cjs' },
  ].map(({ way, program }) => ({
    title: `Node ${major}: ${way} of @posthorn/smtp, @posthorn/mime and posthorn, and a mail by each way in`,
    async run(lab) {
      const binary = await nodeBinary(major)
      const box = lab.box()
      const { user, password, ports, caPath } = lab.servers
      const [viaClient, viaMailer] = [box.at('client'), box.at('mailer')]
      const probe = { port: ports.smtps, user, password, from: box.at('alice'), viaClient, viaMailer, marker: MARKER }
      const { stdout } = await run(binary, [fileURLToPath(new URL(`../probes/${program}`, import.meta.url))], {
        env: { ...process.env, NODE_OPTIONS: '', NODE_EXTRA_CA_CERTS: caPath, POSTHORN_PROBE: JSON.stringify(probe) },
        timeout: PROBE_LIMIT_MS,
      })
      const result = JSON.parse(stdout)
      ok(result.node.startsWith(`${major}.`), result.node)
      deepStrictEqual(result.outcomes, ['delivered', 'delivered'])
      await lab.settled()
      const arrived = await box.arrived()
      deepStrictEqual(arrived.map(({ recipient }) => recipient).sort(), [viaClient, viaMailer])
      for (const { recipient, marker } of arrived) equal(marker, recipient)
      const sent = withLf(Buffer.from(result.content, 'base64'))
      const { stored } = arrived.find(({ recipient }) => recipient === viaClient)
      sameOctets(stored, sent.subarray(sent.indexOf(`${MARKER}: `)))
    },
  })),
)

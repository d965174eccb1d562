import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { onTestFinished } from 'vitest'

/** Takes mail by DATA in a thread of its own, and counts what comes in: nothing of it is in the memory of the test. */
const SERVER = `
const { createServer } = require('node:net')
const { parentPort } = require('node:worker_threads')
createServer((socket) => {
  let content = -1
  let tail = ''
  socket.write('220 x\\r\\n')
  socket.on('error', () => {})
  socket.on('data', (octets) => {
    if (content >= 0) {
      content += octets.length
      tail = (tail + octets.toString('latin1', Math.max(0, octets.length - 5))).slice(-5)
      if (tail !== '\\r\\n.\\r\\n') return
      parentPort.postMessage(content - 3)
      content = -1
      socket.write('250 taken\\r\\n')
      return
    }
    for (const line of octets.toString('latin1').split('\\r\\n').slice(0, -1)) {
      if (line === 'DATA') content = 0
      socket.write(line === 'DATA' ? '354 go\\r\\n' : line === 'QUIT' ? '221 bye\\r\\n' : '250 ok\\r\\n')
    }
  })
}).listen(0, '127.0.0.1', function () { parentPort.postMessage(this.address().port) })
`

/** Where it listens, and the sizes of what it took, with dots doubled. */
export async function countingServer(): Promise<{ readonly port: number; readonly sizes: number[] }> {
  const worker = new Worker(SERVER, { eval: true })
  onTestFinished(async () => {
    await worker.terminate()
  })
  const [port] = (await once(worker, 'message')) as [number]
  const sizes: number[] = []
  worker.on('message', (size: number) => sizes.push(size))
  return { port, sizes }
}

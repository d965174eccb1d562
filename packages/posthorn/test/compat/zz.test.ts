import { Socket } from 'node:net'
import { test, vi } from 'vitest'
import { component, failure, sink } from './component.js'
test('x', async () => {
      const server = await sink({ extensions: [] })
      const smtp = component(server)
      smtp.config(`Linger=False`)
      const reset = vi.spyOn(Socket.prototype, 'resetAndDestroy')
      const destroy = vi.spyOn(Socket.prototype, 'destroy').mockImplementation(function (this: Socket, e?: Error) { console.log('destroy', this.remotePort, server.port, new Error().stack); return Object.getPrototypeOf(Socket.prototype).destroy.call(this, e) })
      const end = vi.spyOn(Socket.prototype, 'end')
      smtp.on('StartTransfer', () => smtp.interrupt())
      await failure(smtp.send())
      await server.idle()
      console.log(reset.mock.calls.length, end.mock.calls.length, server.sessions[0])
})

// A server on ports that nobody else has.
import { Daemon } from './daemon.mjs'
import { freePorts } from './free-ports.mjs'

const TRIES = 3

/**
 * Starts a server on free ports, and again on others when somebody else was faster.
 * @param name of the server, for errors
 * @param doors the names of the ports
 * @param prepare from ports by name to what `Daemon` takes: `command`, `args`, `logPath`, `cwd`, `as`, `env`; called for each try
 * @returns the ports by name, all of them taking connections
 */
export async function launch(name, doors, prepare) {
  for (let attempt = 1; ; attempt++) {
    const found = await freePorts(doors.length)
    const ports = Object.fromEntries(doors.map((door, index) => [door, found[index]]))
    const { command, args, ...options } = await prepare(ports)
    const daemon = new Daemon(name, command, args, options)
    try {
      await daemon.listening(found)
      return ports
    } catch (error) {
      await daemon.stop()
      if (attempt === TRIES) throw error
    }
  }
}

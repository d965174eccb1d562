import { dial, speaksTls, type ProbeOptions } from '@posthorn/net'

/** Where a mail server may be found, and what it speaks there. */
const PORTS = [465, 587, 25, 2525] as const

/** A port that answers. */
export interface OpenPort {
  readonly port: number
  /** True: TLS from the first octet. False: something else, or nothing. */
  readonly tls: boolean
}

/** Which of the usual ports but this one are open there, asked side by side. Sends nothing but a TLS greeting. Never rejects. */
export async function openPorts(way: Omit<ProbeOptions, 'port'>, but: number): Promise<readonly OpenPort[]> {
  const asked = PORTS.filter((port) => port !== but).map(async (port): Promise<OpenPort | undefined> => {
    try {
      const socket = await dial({ ...way, port, security: 'plain' })
      socket.destroy()
    } catch {
      return undefined // closed or blocked: that is the answer
    }
    return { port, tls: port === 465 && (await speaksTls({ ...way, port })) }
  })
  return (await Promise.all(asked)).filter((each) => each !== undefined)
}

/** `587, 465 (TLS)`. */
export function portsText(ports: readonly OpenPort[]): string {
  return ports.map(({ port, tls }) => (tls ? `${port} (TLS)` : String(port))).join(', ')
}

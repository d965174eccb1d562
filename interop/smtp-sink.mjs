// Postfix's own test servers with a fault each: smtp-sink takes mail and throws it away, or does something wrong on purpose.
import { chown, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Daemon } from './daemon.mjs'
import { freePorts } from './free-ports.mjs'

/** By name: `noEhlo` knows HELO only; the others close the connection or refuse for now at a certain point. */
const FAULTS = {
  noEhlo: ['-e'],
  closesAtData: ['-q', 'data'],
  closesAtDot: ['-q', '.'],
  refusesAtDot: ['-r', '.'],
}

/** Starts one for each fault. What `noEhlo` takes is kept in `mail`, one file a message. */
export async function startSinks({ folder, nobody }) {
  const mail = join(folder, 'sink')
  await mkdir(mail)
  await chown(mail, nobody.uid, nobody.gid)
  const names = Object.keys(FAULTS)
  const found = await freePorts(names.length)
  const daemons = names.map((name, index) => {
    const keep = name === 'noEhlo' ? ['-d', `${mail}/%s.`] : []
    const args = [
      '-u',
      'nobody',
      '-h',
      'sink.posthorn.example',
      ...FAULTS[name],
      ...keep,
      `127.0.0.1:${found[index]}`,
      '64',
    ]
    return new Daemon(`smtp-sink ${name}`, 'smtp-sink', args, {
      cwd: folder,
      logPath: join(folder, 'log', `sink-${name}.out`),
    })
  })
  await Promise.all(daemons.map((daemon, index) => daemon.listening([found[index]])))
  return { ports: Object.fromEntries(names.map((name, index) => [name, found[index]])), mail }
}

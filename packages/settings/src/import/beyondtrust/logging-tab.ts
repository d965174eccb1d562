import type { ProfileFields } from './profile-fields.js'

/** Where what happens is written down. */
export function applyLogging(fields: ProfileFields): void {
  const [system, file] = [fields.flag('EventLog'), fields.flag('FileLogging')]
  const destinations = [...(system ? ['syslog'] : []), ...(file ? ['file'] : [])]
  if (system) {
    const note = 'the log of the system: syslog; on Windows write eventlog in its place'
    fields.take('EventLog', [['logging.destinations', destinations]], note, 'changed')
  } else fields.sayAll(['EventLog'], 'taken', 'nothing goes to the log of the system')
  const path = fields.text('LogFileName')?.trim()
  if (path !== undefined)
    fields.take('LogFileName', [['logging.file.path', path]], file ? undefined : 'kept and not used')
  if (!file) return fields.sayAll(['FileLogging'], 'taken', 'nothing goes to a file')
  fields.needs('LogFileName')
  const note = 'the dialogue, too, with passwords masked; the file is begun anew at 10 MB'
  fields.take(
    'FileLogging',
    [
      ['logging.destinations', destinations],
      ['logging.level', 'debug'],
    ],
    note,
  )
}

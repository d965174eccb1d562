// A machine whose sendmail(8) is Posthorn, for programs that call /usr/sbin/sendmail and nothing else: a mount namespace in which this name, /etc,
// /run and the spools of cron and at are layers over those of the machine, which itself stays as it is.
import { access, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Daemon } from '../daemon.mjs'

const PROGRAM = fileURLToPath(new URL('../../packages/cli/bin/posthorn.js', import.meta.url))
const LAYERED = ['/etc', '/usr/sbin', '/run', '/var/spool/cron']
const POLL_MS = 20
const START_LIMIT_MS = 10_000

/** None of the machine's own jobs may run a second time. */
const SETUP = `set -eu
folder=$1 program=$2
shift 2
mount -t tmpfs tmpfs "$folder/layers"
for over in "$@"; do
  mkdir -p "$folder/layers$over/upper" "$folder/layers$over/work"
  mount -t overlay overlay -o "lowerdir=$over,upperdir=$folder/layers$over/upper,workdir=$folder/layers$over/work" "$over"
done
rm -rf /etc/cron.d/* /var/spool/cron/crontabs/* /var/spool/cron/atjobs/[!.]* /run/crond.reboot /run/crond.pid
: > /etc/crontab
rm -f /usr/sbin/sendmail
ln -s "$program" /usr/sbin/sendmail
mkdir -p /etc/posthorn
echo $$ > "$folder/pid"
exec sleep infinity
`

/**
 * Makes it.
 * @returns facts: `pid` of a process in it (`nsenter --target PID --mount`), and `home`, which only root may enter; or `reason`, why there can
 * be none here
 */
export async function startMailMachine({ folder }) {
  const home = join(folder, 'machine')
  await mkdir(join(home, 'layers'), { recursive: true })
  await mkdir(join(home, 'root'), { mode: 0o700 })
  const logPath = join(folder, 'log', 'machine.out')
  const daemon = new Daemon(
    'mail machine',
    'unshare',
    ['--mount', '--propagation', 'private', 'bash', '-c', SETUP, 'setup', home, PROGRAM, ...LAYERED],
    { cwd: '/', logPath },
  )
  const limit = Date.now() + START_LIMIT_MS
  while (!(await isThere(join(home, 'pid')))) {
    if (daemon.ended || Date.now() > limit) {
      await daemon.stop()
      return { facts: { reason: (await readFile(logPath, 'utf8')).trim().split('\n').at(-1) || 'no answer' } }
    }
    await pause(POLL_MS)
  }
  return { facts: { pid: Number(await readFile(join(home, 'pid'), 'utf8')), home: join(home, 'root') } }
}

async function isThere(path) {
  return access(path).then(
    () => true,
    () => false,
  )
}

import { afterEach, expect, it, vi } from 'vitest'
import { spoolWorld } from '../../test/spool/spool-world.js'
import { Stepper } from '../../test/spool/stepper.js'
import { Heartbeat } from './heartbeat.js'

afterEach(() => vi.useRealTimers())

it('leaves no file when it stops while a beat is under way', async () => {
  await using w = await spoolWorld()
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const heartbeat = new Heartbeat(w.folder.path, 'key', 100)
  await heartbeat.start()
  let goOn = (): void => {}
  const held = new Promise<void>((resolve) => (goOn = resolve))
  const calls: string[] = []
  await using _ = await Stepper.start(
    ({ name }) => {
      calls.push(name)
      return name === 'writeFile' ? held : undefined
    },
    ({ name }) => void calls.push(`${name} made`),
  )
  vi.advanceTimersByTime(25)
  const stopped = heartbeat.stop()
  await new Promise((resolve) => setImmediate(resolve))
  goOn()
  await stopped
  expect(calls.filter((call) => call.startsWith('unlink') || call === 'writeFile made')).toEqual([
    'writeFile made',
    'unlink',
    'unlink made',
  ])
  expect(await w.files()).toEqual([])
})

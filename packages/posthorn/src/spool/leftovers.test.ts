import { expect, it } from 'vitest'
import { spoolWorld } from '../../test/spool/spool-world.js'
import { systemClock } from '../oauth2/clock.js'
import { SpoolFolder } from './index.js'
import { removeLeftovers } from './leftovers.js'

const DAY_MS = 86_400_000
/** Of a machine that is not this one. */
const ELSEWHERE = '.0123456789ab-1-5-0123456789ab'

it('leaves what belongs to a process elsewhere, though the clock of this machine was set forth', async () => {
  await using w = await spoolWorld()
  await w.drop(`${ELSEWHERE}-1.tmp`, 'half of it')
  await w.drop(`${ELSEWHERE}.alive`, '300000')
  const clock = { ...systemClock, now: () => Date.now() + 2 * DAY_MS }
  await new SpoolFolder(w.folder.path, { clock }).process(async () => {})
  expect(await w.files()).toEqual([`${ELSEWHERE}-1.tmp`, `${ELSEWHERE}.alive`])
})

it('removes it a day later by the clock of the file system, and never where that cannot be told', async () => {
  await using w = await spoolWorld()
  const names = [`${ELSEWHERE}-1.tmp`, `${ELSEWHERE}.alive`]
  for (const name of names) await w.drop(name, 'x')
  await removeLeftovers(w.folder.path, names, () => Promise.resolve(undefined))
  expect(await w.files()).toEqual(names)
  await removeLeftovers(w.folder.path, names, () => Promise.resolve(Date.now() + 2 * DAY_MS))
  expect(await w.files()).toEqual([])
})

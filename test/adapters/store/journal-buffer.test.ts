import { expect, it } from 'vitest'
import { journalBuffer } from '../../../src/adapters/store-sqlite/journal-buffer.ts'
import type { Clock } from '../../../src/ports/clock.ts'
import { entry } from './entries.ts'

function start(write: (count: number) => Promise<void> = async () => undefined) {
  const timers: (() => void)[] = []
  const written: number[] = []
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    after: (_ms, run) => {
      timers.push(run)
      return { cancel: () => void timers.splice(timers.indexOf(run), 1) }
    },
  }
  const buffer = journalBuffer({
    clock,
    file: 'x.db',
    write: (entries) => {
      written.push(entries.length)
      return write(entries.length)
    },
  })
  return { buffer, written, timers }
}
const entries = (count: number) => Array.from({ length: count }, () => entry())

it('writes what came in 50 ms at once', async () => {
  const { buffer, written, timers } = start()
  const added = [buffer.add(entries(3)), buffer.add(entries(4))]
  expect([written, timers.length]).toEqual([[], 1])
  timers[0]?.()
  await Promise.all(added)
  expect(written).toEqual([7])
})

it('does not wait for the timer with 200 entries, and never writes more than 200 in one transaction', async () => {
  const { buffer, written } = start()
  await Promise.all([buffer.add(entries(150)), buffer.add(entries(450))])
  expect(written).toEqual([150, 200, 200, 50])
})

it('goes on after a flush of nothing, and from within the answer of a write', async () => {
  const { buffer, written } = start()
  await buffer.flush()
  for (let round = 0; round < 5; round += 1) await buffer.add(entries(200))
  await buffer.add(entries(200)).then(() => buffer.add(entries(300)))
  expect(written).toEqual([200, 200, 200, 200, 200, 200, 200, 100])
})

it('refuses only the entries of a batch that failed', async () => {
  let calls = 0
  const { buffer } = start(async () => {
    calls += 1
    if (calls === 1) throw new Error('disk full')
  })
  const outcomes = await Promise.allSettled([buffer.add(entries(200)), buffer.add(entries(200))])
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
  await expect(buffer.add(entries(5_001))).rejects.toMatchObject({ problem: { code: 'HF7001' } })
})

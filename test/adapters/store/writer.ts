// A process that is killed while it writes: prints the number of each entry once it is committed.
import { sqliteStore } from '../../../src/adapters/store-sqlite/index.ts'
import { systemClock } from '../../../src/adapters/system-clock/index.ts'
import { entry } from './entries.ts'

const store = sqliteStore({ file: process.argv[2] ?? '', clock: systemClock })
await store.intend({
  id: 'intent-1',
  app: 'argocd/web',
  object: '/Service/prod/web',
  uid: 'u1',
  action: 'prune',
  time: '2026-01-01T00:00:00Z',
})
process.stdout.write('intended\n')
for (let number = 0; ; number += 100) {
  const batch = Array.from({ length: 100 }, (_, offset) => entry({ message: `n${number + offset}` }))
  await store.append(batch)
  process.stdout.write(`${number + 99}\n`)
}

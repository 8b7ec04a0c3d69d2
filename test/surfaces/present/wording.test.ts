// requirements: [S001-07, S002-71]
import { expect, it } from 'vitest'
import { classifyObject, NOTHING_PENDING } from '../../../src/core/classify/index.ts'
import { actorText } from '../../../src/surfaces/cli/present/wording.ts'

const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'prod', name: 'web' }
const writers = { people: NOBODY(), machines: NOBODY() }
const pending = { ...NOTHING_PENDING, pending: true, revision: 'abc1234', delivered: '0ld5678' }
const refused = [
  { object: 'ConfigMap prod/first', message: 'HF4003: denied' },
  { object: 'ConfigMap prod/web', message: 'HF4005: metadata.name is wrong' },
]
const failed = { id: '2026-01-01T00:00:00Z', revision: 'abc1234', message: 'two were refused', refused }

function NOBODY() {
  return { users: [], groups: [], managers: [] }
}

const told = (delivery: typeof pending & { failed: typeof failed | null }): string =>
  actorText({ cause: classifyObject('missing', { ref, delivery, writers }) })

it('of what was never brought in the refusal is told, its own first, and nobody is looked for', () => {
  expect(told({ ...pending, failed })).toBe(
    'not brought in: the sync of abc1234 begun at 2026-01-01T00:00:00Z failed midway: ConfigMap prod/web was refused: HF4005: metadata.name is wrong; ConfigMap prod/first was refused: HF4003: denied',
  )
})

it('of what Git declares since, the revision is told that waits', () => {
  expect(told({ ...pending, failed: null })).toBe('revision abc1234 is not brought in yet (last: 0ld5678)')
})

it('of what is gone and nobody knows why, that nobody is known', () => {
  expect(told({ ...NOTHING_PENDING, failed: null })).toBe('by unknown')
})

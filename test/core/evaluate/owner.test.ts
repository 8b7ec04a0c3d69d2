import { describe, expect, it } from 'vitest'
import { NO_OWNERS, parseCodeowners } from '../../../src/core/classify/index.ts'
import { askedOf } from '../../../src/core/evaluate/owner.ts'
import type { AppContext, ObjectSnapshot } from '../../../src/core/evaluate/types.ts'
import type { RevisedSource } from '../../../src/ports/source.ts'
import { readCodeowners } from '../../../src/loop/owners.ts'

const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'prod', name: 'a' }
const rules = parseCodeowners('* @first')
const asked = (source: number | undefined, sources?: readonly number[]): string | null => {
  const origin = { file: 'app/a.yaml', line: 1, ...(source === undefined ? {} : { source }) }
  const codeowners = { file: 'CODEOWNERS', rules, ...(sources === undefined ? {} : { sources }) }
  const app = { app: 'argocd/shop', owners: { ...NO_OWNERS, codeowners } } as unknown as AppContext
  const snapshot = { ref, desired: { object: { metadata: {} }, origin }, neighbours: {} } as unknown as ObjectSnapshot
  return askedOf(app, snapshot, null)?.name ?? null
}

describe('CODEOWNERS of several sources', () => {
  it.each([
    ['of the repository that it lies in', asked(undefined), '@first'],
    ['of the first source', asked(undefined, [0]), '@first'],
    ['of another repository', asked(1, [0]), null],
    ['of another source in the same repository', asked(2, [0, 2]), '@first'],
  ])('an object %s', (_, found, expected) => expect(found).toBe(expected))
  it('hold for the sources that lie in the first one’s repository', async () => {
    const source = (repoURL: string): RevisedSource =>
      ({ source: { repoURL, chart: '' }, revision: 'abc' }) as unknown as RevisedSource
    const sources = [source('https://git.example/a'), source('https://git.example/b'), source('https://git.example/a')]
    const found = await readCodeowners({ textOf: async () => '* @first' }, sources)
    expect(found?.sources).toEqual([0, 2])
    expect(await readCodeowners({ textOf: async () => null }, sources)).toBeNull()
    expect(await readCodeowners({ textOf: async () => '' }, [])).toBeNull()
  })
})

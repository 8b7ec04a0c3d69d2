// What a deletecollection selected, by the words of its request.
import { describe, expect, it } from 'vitest'
import { deletedBy, type Fact } from '../../../src/core/audit/index.ts'

const object = { namespace: 'prod', name: 'web', uid: '', labels: { app: 'web', tier: 'front' } }

function deleted(labels: string, fields = ''): string {
  return deletedBy({ items: null, selector: { labels, fields } } as unknown as Fact, object)
}

describe('a deletecollection', () => {
  it.each([
    ['', 'possible'],
    ['app=web,tier in (back,front)', 'possible'],
    ['tier in (back, middle),app=web', 'no'],
    ['tier notin (back,middle),app!=api', 'possible'],
    ['app=web,!canary,tier', 'possible'],
    ['app in (web),tier in (back)', 'no'],
  ])('selected by %j: %s', (labels, answer) => {
    expect(deleted(labels)).toBe(answer)
  })

  it('takes no longer to judge than its selector is long', { timeout: 2_000 }, () => {
    const many = Array.from({ length: 200_000 }, () => 'app').join(',')
    expect([deleted(many), deleted('', many)]).toEqual(['possible', 'possible'])
  })
})

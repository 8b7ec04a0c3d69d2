import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { loadAll } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { parseApplication } from '../../../src/core/definition/index.ts'
import type { KubeObject } from '../../../src/core/kube/index.ts'

interface Case {
  readonly title: string
  readonly expect: { readonly value: object | null; readonly problems: readonly { code: string; message: string }[] }
}

const folder = new URL('applications/', import.meta.url)
const cases = readdirSync(folder).map((file) => {
  const [head, application] = loadAll(readFileSync(new URL(file, folder), 'utf8'))
  return { file, head: head as unknown as Case, application: application as unknown as KubeObject }
})

describe('parseApplication', () => {
  it.each(cases)('$file: $head.title', ({ head, application }) => {
    const before = structuredClone(application)
    const parsed = parseApplication(application)
    expect(parsed.problems.map(({ code }) => code)).toEqual(
      expect.arrayContaining(head.expect.problems.map((p) => p.code)),
    )
    for (const { code, message } of head.expect.problems) {
      const same = parsed.problems.filter((found) => found.code === code).map((found) => found.message)
      expect(same.join('\n')).toContain(message)
    }
    expect(parsed.problems.length, JSON.stringify(parsed.problems)).toBe(head.expect.problems.length)
    if (head.expect.value === null) expect(parsed.value).toBeNull()
    else expect(parsed.value).toMatchObject(head.expect.value)
    expect(application).toEqual(before)
  })

  it('gives the same digest for refresh, skip and operation, another for anything lasting', () => {
    const application = cases.find(({ file }) => file === 'annotations.yaml')?.application as KubeObject
    const plain = {
      ...application,
      metadata: { name: 'a', namespace: 'argocd', annotations: { 'holdfast.dev/mode': 'enforce' } },
    }
    const digest = parseApplication(application).value?.digest
    expect(digest).toMatch(/^[0-9a-f]{64}$/)
    expect(parseApplication({ ...plain, operation: { sync: {} } }).value?.digest).toBe(digest)
    expect(parseApplication({ ...plain, metadata: { name: 'a', namespace: 'argocd' } }).value?.digest).not.toBe(digest)
  })

  it('survives any JSON in place of the object or of any part of a good one', () => {
    const good = cases.filter(({ head }) => head.expect.value !== null)
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.nat(), fc.nat(), (junk, which, where) => {
        parseApplication(junk as unknown as KubeObject)
        const spoiled = structuredClone(good[which % good.length]?.application) as unknown as Record<string, unknown>
        spoil(spoiled, where, junk)
        const before = structuredClone(spoiled)
        parseApplication(spoiled as unknown as KubeObject)
        expect(spoiled).toEqual(before)
      }),
      { numRuns: 500 },
    )
  })

  it('refuses an object nested without end instead of following it', () => {
    let deep: unknown = 1
    for (let i = 0; i < 50_000; i++) deep = [deep]
    const { value, problems } = parseApplication({ ...(cases[0]?.application as KubeObject), operation: deep })
    expect(value).toBeNull()
    expect(problems[0]?.message).toContain('nested deeper')
  })
})

/** Replaces the `where`-th member, counted through the whole tree. */
function spoil(root: Record<string, unknown>, where: number, junk: unknown): void {
  const places: [Record<string, unknown>, string][] = []
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const key of Object.keys(value)) {
      places.push([value as Record<string, unknown>, key])
      walk((value as Record<string, unknown>)[key])
    }
  }
  walk(root)
  const [parent, key] = places[where % places.length] ?? [root, 'spec']
  parent[key] = junk
}

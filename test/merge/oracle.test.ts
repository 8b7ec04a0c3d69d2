import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { agree } from './agree.ts'
import { answers } from './answers.ts'
import { generatedRequests } from './requests.ts'
import { type Answer, ask, type Request } from './oracle.ts'

/** A built tools/oracle; with it fresh cases are compared as well. `HOLDFAST_MERGE_CASES` sets how many. */
const BINARY = process.env['HOLDFAST_MERGE_ORACLE']
const FRESH = Number(process.env['HOLDFAST_MERGE_CASES'] ?? 300)

function disagreements(requests: readonly Request[], theirs: readonly Answer[]): unknown[] {
  const ours = answers(requests)
  return requests.flatMap((request, index) => {
    const pair = { ours: ours[index] as Answer, theirs: theirs[index] as Answer }
    return agree(pair.ours, pair.theirs) ? [] : [{ request, ...pair }]
  })
}

describe('against the Go libraries', () => {
  test('recorded answers', () => {
    const lines = readFileSync(new URL('../cases/merge/generated.jsonl', import.meta.url), 'utf8')
      .trimEnd()
      .split('\n')
    const cases = lines.map((line) => JSON.parse(line) as { request: Request; answer: Answer })
    expect(cases.length).toBeGreaterThan(1000)
    expect(
      disagreements(
        cases.map((it) => it.request),
        cases.map((it) => it.answer),
      ).slice(0, 3),
    ).toEqual([])
  })

  test.skipIf(BINARY === undefined || !existsSync(BINARY))(
    'fresh cases',
    () => {
      const requests = generatedRequests({ seed: Number(process.env['HOLDFAST_SEED'] ?? 1), count: FRESH })
      expect(disagreements(requests, ask(BINARY as string, requests)).slice(0, 3)).toEqual([])
    },
    600_000,
  )
})

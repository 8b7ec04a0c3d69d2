import { existsSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { agree, digestOf } from './agree.ts'
import { answers } from './answers.ts'
import { casesIn } from './built-in.ts'
import { schemaAndValues, scriptOf } from './generate.ts'
import { type Answer, ask, type Request } from './oracle.ts'
import { type RealObject, realRequests } from './real-objects.ts'
import { caseRequests, generatedRequests, scriptRequests } from './requests.ts'
import { SEED } from './seed.ts'

/** A built tools/oracle; with it fresh cases are compared as well. `HOLDFAST_MERGE_CASES` sets how many. */
const BINARY = process.env['HOLDFAST_MERGE_ORACLE'] ?? ''
const FRESH = Number(process.env['HOLDFAST_MERGE_CASES'] ?? 300)
const BATCH = 200

function disagreements(requests: readonly Request[], theirs: readonly Answer[]): unknown[] {
  const ours = answers(requests)
  return requests.flatMap((request, index) => {
    const pair = { ours: ours[index] as Answer, theirs: theirs[index] as Answer }
    return agree(pair.ours, pair.theirs) ? [] : [{ request, ...pair }]
  })
}

function disagreementsWithOracle(requests: readonly Request[]): unknown[] {
  return disagreements(requests, ask(BINARY, requests))
}

/** The batch again, case by case, until fast-check has found the smallest one that disagrees. */
function shrunk(seed: number, count: number): unknown {
  const smallest = <T>(arbitrary: fc.Arbitrary<T>, requestsOf: (it: T) => Request[]): unknown => {
    const holds = fc.property(arbitrary, (it) => disagreementsWithOracle(requestsOf(it)).length === 0)
    return fc.check(holds, { seed, numRuns: count }).counterexample
  }
  return smallest(schemaAndValues, (it) => caseRequests(it)) ?? smallest(scriptOf, (it) => scriptRequests(it))
}

describe('against the Go libraries', () => {
  test.each([
    ['generated.jsonl', 1000],
    ['empty.jsonl', 70],
  ])('recorded answers: %s', (name, least) => {
    const cases = casesIn<{ request: Request; answer: Answer }>(name)
    expect(cases.length).toBeGreaterThanOrEqual(least)
    const [requests, theirs] = [cases.map((it) => it.request), cases.map((it) => it.answer)]
    expect(disagreements(requests, theirs).slice(0, 3)).toEqual([])
  })

  test.each(casesIn<RealObject>('real.jsonl'))('a real $kind, as recorded', ({ kind, object, answers: theirs }) => {
    const requests = realRequests(kind, object)
    const wrong = answers(requests).flatMap((ours, index) => (digestOf(ours) === theirs[index] ? [] : requests[index]))
    expect([wrong, theirs.length]).toEqual([[], requests.length])
  })

  test.skipIf(!existsSync(BINARY))(
    `fresh cases of seed ${SEED}`,
    () => {
      for (let done = 0; done < FRESH; done += BATCH) {
        const batch = { seed: SEED + done, count: Math.min(BATCH, FRESH - done) }
        const found = disagreementsWithOracle(generatedRequests(batch)).slice(0, 3)
        if (found.length > 0) expect({ ...batch, found, shrunk: shrunk(batch.seed, batch.count * 2) }).toEqual({})
      }
    },
    3_600_000,
  )
})

import { readdirSync, readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { evaluateObject, type ObjectEvaluation } from '../../../src/core/evaluate/index.ts'
import { isMap } from '../../../src/core/kube/index.ts'
import { appOf, type Given, snapshotOf } from './snapshot.ts'

interface Expected {
  readonly status?: string
  readonly difference?: string | null
  /** change path response permitted because manager confidence */
  readonly fields?: readonly string[]
  readonly ignored?: readonly string[]
  readonly causes?: readonly string[]
  readonly means?: readonly string[]
  /** response permitted because class */
  readonly whole?: string | null
  readonly question?: boolean
  readonly prune?: boolean
  readonly takeover?: readonly string[] | null
  readonly health?: string
  readonly problems?: readonly string[]
  readonly step?: ExpectedStep | null
}
interface ExpectedStep {
  readonly reason?: string
  readonly claim?: boolean
  /** Parts of its claim, as JSON text. */
  readonly claims?: readonly string[]
  readonly guard?: object | null
  readonly paths?: readonly string[]
  readonly body?: object
  /** Values of the body by dotted path. */
  readonly has?: Readonly<Record<string, unknown>>
  readonly lacks?: readonly string[]
}
interface Case extends Given {
  readonly title: string
  readonly expect: Expected
}

const FOLDER = new URL('../../cases/evaluate/', import.meta.url)
const cases = readdirSync(FOLDER).map((file) => ({
  name: file.replace('.yaml', ''),
  given: load(readFileSync(new URL(file, FOLDER), 'utf8')) as Case,
}))

const yes = (permitted: boolean): string => (permitted ? 'yes' : 'no')
const at = (value: unknown, path: readonly string[]): unknown =>
  path.reduce((inner, name) => (isMap(inner) ? inner[name] : undefined), value)

function told(evaluation: ObjectEvaluation): Required<Omit<Expected, 'step'>> {
  const { whole, health } = evaluation
  return {
    status: evaluation.status,
    difference: evaluation.difference,
    fields: evaluation.fields.map(({ field, verdict, cause }) =>
      [
        field.change,
        field.at,
        verdict.response,
        yes(verdict.permitted),
        verdict.because,
        cause.actor.manager ?? 'null',
        cause.confidence,
      ].join(' '),
    ),
    ignored: evaluation.ignored.map((change) => `${change.at} ${change.rule}`),
    causes: evaluation.fields.map(({ cause }) => cause.class),
    means: evaluation.fields.map(({ cause }) => cause.means),
    whole:
      whole === null
        ? null
        : [whole.verdict.response, yes(whole.verdict.permitted), whole.verdict.because, whole.cause.class].join(' '),
    question: evaluation.question,
    prune: evaluation.prune,
    takeover: evaluation.takeover,
    health: health?.status ?? '',
    problems: evaluation.problems.map(({ code }) => code),
  }
}

function checkStep(evaluation: ObjectEvaluation, wanted: ExpectedStep | null): void {
  const { step } = evaluation
  if (wanted === null || step === null) return expect(step).toBe(wanted)
  const { claim, claims = [], has = {}, lacks, ...rest } = wanted
  const ours = JSON.stringify(step.claim?.at(-1)?.value ?? null)
  for (const text of claims) expect(ours).toContain(text)
  expect(step).toMatchObject(rest)
  if (rest.body !== undefined) expect(step.body).toEqual(rest.body)
  if (claim !== undefined) expect(step.claim !== null).toBe(claim)
  for (const [path, value] of Object.entries(has)) expect(at(step.body, path.split('.'))).toEqual(value)
  if (lacks !== undefined) expect(at(step.body, lacks)).toBeUndefined()
}

describe('evaluateObject', () => {
  it.each(cases)('$name: $given.title', ({ given }) => {
    const snapshot = snapshotOf(given)
    const before = structuredClone(given)
    const evaluation = evaluateObject(appOf(given), snapshot)
    const { step, ...expected } = given.expect
    expect(told(evaluation)).toMatchObject(expected)
    if (step !== undefined) checkStep(evaluation, step)
    expect(given).toEqual(before)
    expect(evaluateObject(appOf(given), snapshot)).toEqual(evaluation)
  })
})

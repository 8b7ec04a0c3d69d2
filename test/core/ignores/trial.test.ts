import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { explainObject, trial } from '../../../src/core/ignores/index.ts'
import { bookOf, type Given, objectsOf } from './read-case.ts'

interface TrialCase extends Given {
  readonly added: readonly object[]
  readonly intended?: readonly string[]
  readonly before: readonly string[]
  readonly after: readonly string[]
  /** `path intended|not`. */
  readonly vanished: readonly string[]
  /** Classes whose changes would go unseen. */
  readonly unseen?: readonly string[]
  readonly findings: readonly string[]
}

interface ExplainCase extends Given {
  readonly silent: readonly string[]
  readonly seen: readonly string[]
  /** `class: rule`. */
  readonly hidden: readonly string[]
  readonly already?: readonly string[]
}

const read = <T>(file: string): T =>
  load(readFileSync(new URL(`../../cases/ignores/${file}`, import.meta.url), 'utf8')) as T

describe('trial', () => {
  it.each(read<TrialCase[]>('trial.yaml'))('$title', (given) => {
    const added = bookOf({ title: '', ignoreDifferences: given.added }).all.map((rule, index) => ({
      ...rule,
      id: `added[${index}]`,
    }))
    const found = trial({ book: bookOf(given), added, objects: objectsOf(given), intended: given.intended ?? [] })
    const tried = found.objects
    expect(tried.flatMap(({ before }) => before)).toEqual(given.before)
    expect(tried.flatMap(({ after }) => after)).toEqual(given.after)
    const vanished = tried.flatMap((each) => each.vanished)
    expect(vanished.map(({ path, intended }) => `${path} ${intended ? 'intended' : 'not'}`)).toEqual(given.vanished)
    const lost = tried.flatMap(({ unseen }) => unseen).filter(({ intended }) => !intended)
    expect([...new Set(lost.map((each) => each.class))]).toEqual(given.unseen ?? [])
    expect(found.findings.map(({ code }) => code)).toEqual(given.findings)
  })
})

describe('explainObject', () => {
  it.each(read<ExplainCase[]>('explain.yaml'))('$title', (given) => {
    const book = bookOf(given)
    const explained = objectsOf(given).map((object) => explainObject(object, book))
    expect(explained.flatMap(({ silent }) => silent.map(({ path, rule }) => `${path} ${rule}`))).toEqual(given.silent)
    const classes = explained.flatMap((each) => each.classes)
    const tried = classes.filter(({ already }) => already === null)
    expect(tried.filter(({ seen }) => seen).map((each) => each.class)).toEqual(given.seen)
    expect(tried.filter(({ seen }) => !seen).map((each) => `${each.class}: ${each.hiddenBy.join(', ')}`)).toEqual(
      given.hidden,
    )
    const there = classes.flatMap(({ class: of, already, hiddenBy }) =>
      already === null ? [] : [`${of}: ${[already, ...hiddenBy].join(' ')}`],
    )
    expect(there).toEqual(given.already ?? [])
  })
})

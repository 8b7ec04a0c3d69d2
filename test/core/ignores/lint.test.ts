import { readdirSync, readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { type Finding, lint, usesOf } from '../../../src/core/ignores/index.ts'
import { bookOf, type Given, objectsOf } from './read-case.ts'

interface Case extends Given {
  /** `severity code rule`; a case lists all, or with `some` those that it is about. */
  readonly findings?: readonly string[]
  readonly some?: readonly string[]
  /** Of no finding may this be the code. */
  readonly never?: readonly string[]
  /** Texts that have to stand in messages and proposals. */
  readonly says?: readonly string[]
  readonly today?: string
  readonly limit?: number
}

const FOLDER = new URL('../../cases/ignores/', import.meta.url)
const files = readdirSync(FOLDER).filter((file) => file.startsWith('lint-'))

const shown = ({ severity, code, rule }: Finding): string => `${severity} ${code} ${rule}`.trim()

describe.each(files)('%s', (file) => {
  const cases = load(readFileSync(new URL(file, FOLDER), 'utf8')) as Case[]
  it.each(cases)('$title', (given) => {
    const book = bookOf(given)
    const objects = objectsOf(given)
    const options = { today: given.today ?? '2026-06-01', limit: given.limit ?? 50, tried: given.objects !== undefined }
    const found = lint(book, usesOf(book, objects), options)
    if (given.findings !== undefined) expect(found.map(shown)).toEqual(given.findings)
    for (const one of given.some ?? []) expect(found.map(shown)).toContain(one)
    for (const code of given.never ?? []) expect(found.map((finding) => finding.code)).not.toContain(code)
    const text = found.map(({ message, proposal }) => [message, ...proposal].join('\n')).join('\n')
    for (const said of given.says ?? []) expect(text).toContain(said)
  })
})

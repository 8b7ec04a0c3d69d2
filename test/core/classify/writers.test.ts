import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { NO_WRITER_SETTINGS, userKind, writerOf, type WriterSettings } from '../../../src/core/classify/index.ts'

type Row = [string, string, string, string, string | null]
const file = new URL('../../cases/classify/writers.yaml', import.meta.url)
const { rows, configured } = load(readFileSync(file, 'utf8')) as {
  rows: Row[]
  configured: { settings: WriterSettings; rows: Row[]; users: [string, string[], string][] }
}

function told(name: string, settings: WriterSettings) {
  const [manager = '', operation = 'Update', subresource] = name.split('|')
  const entry = { manager, operation, ...(subresource === undefined ? {} : { subresource }) }
  const { means, kind, mechanism, tool } = writerOf(entry, settings)
  return [means, kind, mechanism, tool]
}

describe('a writer by the name that the server recorded', () => {
  it.each(rows)('%s → %s, %s, %s', (name, ...expected) => {
    expect(told(name, NO_WRITER_SETTINGS)).toEqual(expected)
  })
  it.each(configured.rows)('as configured: %s → %s, %s', (name, ...expected) => {
    expect(told(name, configured.settings)).toEqual(expected)
  })
})

describe('a user of the audit log', () => {
  it.each(configured.users)('%s in %j is a %s', (user, groups, kind) => {
    expect(userKind(user, groups, configured.settings)).toBe(kind)
  })
})

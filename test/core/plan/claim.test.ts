import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { ownershipOf } from '../../../src/core/classify/index.ts'
import {
  type FieldPath,
  formatPath,
  type JsonMap,
  type KubeObject,
  type ManagedFieldsEntry,
} from '../../../src/core/kube/index.ts'
import { decodeFieldsV1, encodeFieldsV1, FieldSet } from '../../../src/core/merge/index.ts'
import { claimPatch, needsClaim } from '../../../src/core/plan/index.ts'
import { pathOf } from './path-text.ts'
import { schemaOfKind } from '../compare/read-case.ts'

interface Case {
  readonly title: string
  readonly live?: JsonMap
  readonly entries: Readonly<Record<string, readonly string[]>>
  readonly remove: readonly string[]
  readonly after: Readonly<Record<string, readonly string[]>> | null
}

const file = new URL('../../cases/claim/cases.yaml', import.meta.url)
const { base, cases } = load(readFileSync(file, 'utf8')) as { base: JsonMap; cases: Case[] }
const schema = schemaOfKind({ group: 'apps', version: 'v1', kind: 'Deployment' })
const NOW = '2026-02-03T04:05:06Z'

function entryOf([key, paths]: [string, readonly string[]]): ManagedFieldsEntry {
  const [manager = '', operation = '', subresource] = (key === 'ours' ? 'holdfast|Apply' : key).split('|')
  return {
    manager,
    operation: operation as 'Apply' | 'Update',
    apiVersion: 'apps/v1',
    time: '2026-01-01T00:00:00Z',
    fieldsType: 'FieldsV1',
    fieldsV1: encodeFieldsV1(FieldSet.of(paths.map(pathOf))) as JsonMap,
    ...(subresource === undefined ? {} : { subresource }),
  }
}

function readable(entries: readonly ManagedFieldsEntry[]): Record<string, string[]> {
  const told = entries.map((entry): [string, string[]] => {
    const key = [entry.manager, entry.operation, entry.subresource].filter((part) => part !== undefined).join('|')
    const set = decodeFieldsV1(entry.fieldsV1)
    const paths = set instanceof FieldSet ? [...set.paths()].map((path: FieldPath) => formatPath(path)).sort() : []
    return [key === 'holdfast|Apply' ? 'ours' : key, paths]
  })
  return Object.fromEntries(told)
}

const deployment = (spec: JsonMap, metadata: object = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'prod', ...metadata },
  spec,
})

describe('claim', () => {
  it.each(cases)('$title', ({ live: liveSpec, entries, remove, after }) => {
    const managedFields = Object.entries(entries).map(entryOf)
    const live = deployment(liveSpec ?? base, { uid: 'u', resourceVersion: '7', managedFields })
    const input = {
      live,
      ownership: ownershipOf(live),
      schema,
      body: deployment(base),
      remove: remove.map(pathOf),
      now: NOW,
    }
    expect(needsClaim(input)).toBe(after !== null)
    if (after === null) return
    const before = structuredClone(live)
    const [guard, patch] = claimPatch(input)
    expect(guard).toEqual({ op: 'replace', path: '/metadata/resourceVersion', value: '7' })
    expect(patch).toMatchObject({ op: 'add', path: '/metadata/managedFields' })
    const claimed = patch?.value as readonly ManagedFieldsEntry[]
    expect(readable(claimed)).toEqual(after)
    expect(claimed.find(({ manager }) => manager === 'holdfast')).toMatchObject({ time: NOW, apiVersion: 'apps/v1' })
    expect(live).toEqual(before)
  })
})

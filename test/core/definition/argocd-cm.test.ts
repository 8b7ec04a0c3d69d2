import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { isExcluded, parseSettings, type Settings, writtenPlaces } from '../../../src/core/definition/index.ts'

const read = <T>(file: string): T =>
  load(readFileSync(new URL(`../../cases/argocd-cm/${file}`, import.meta.url), 'utf8')) as T

function settingsOf(data: object): { settings: Settings; codes: string[] } {
  const metadata = { name: 'argocd-cm', namespace: 'argocd' }
  const { value, problems } = parseSettings({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data })
  return { settings: value as Settings, codes: problems.map(({ code }) => code) }
}

interface RulesCase {
  readonly title: string
  readonly data: object
  readonly rules?: readonly string[]
  readonly notes?: readonly string[]
  readonly types?: readonly string[]
  readonly status?: string
  readonly broken?: number
  readonly problems?: readonly string[]
}

const ROLLOUT = 'argoproj.io/Rollout spec.template.spec core/v1/PodSpec'

describe('rules of argocd-cm', () => {
  it.each(read<RulesCase[]>('rules.yaml'))('$title', (given) => {
    const { settings, codes } = settingsOf(given.data)
    const { ignoreDifferences, knownTypes, ignoreStatus } = settings
    const said = ignoreDifferences.map((rule) =>
      [rule.id, `${rule.group}/${rule.kind}`, ...writtenPlaces(rule)].join(' '),
    )
    expect(said).toEqual(given.rules ?? [])
    expect(ignoreDifferences.every(({ origin }) => origin === 'argocd-cm')).toBe(true)
    if (given.notes !== undefined)
      expect(ignoreDifferences.map(({ owner, reason, review }) => [owner, reason, review].join(' | '))).toEqual(
        given.notes,
      )
    expect(knownTypes.map(({ group, kind, field, type }) => `${group}/${kind} ${field.join('.')} ${type}`)).toEqual([
      ...new Set([...(given.types ?? []), ROLLOUT]),
    ])
    expect(ignoreStatus).toBe(given.status ?? 'all')
    expect(ignoreDifferences.filter(({ problem }) => problem?.code === 'HF2005').length).toBe(given.broken ?? 0)
    expect(codes).toEqual(given.problems ?? [])
  })
})

interface ResourcesCase {
  readonly title: string
  readonly exclusions?: string
  readonly inclusions?: string
  readonly kinds: Readonly<Record<string, 'in' | 'out'>>
  readonly problems?: readonly string[]
}

describe('kinds that are worked on', () => {
  it.each(read<ResourcesCase[]>('resources.yaml'))('$title', (given) => {
    const { settings, codes } = settingsOf({
      ...(given.exclusions === undefined ? {} : { 'resource.exclusions': given.exclusions }),
      ...(given.inclusions === undefined ? {} : { 'resource.inclusions': given.inclusions }),
    })
    const found = Object.keys(given.kinds).map((name) => {
      const at = name.indexOf('/')
      const of = { group: name.slice(0, at), kind: name.slice(at + 1) }
      return [name, isExcluded(settings.resources, of, 'https://kubernetes.default.svc') ? 'out' : 'in']
    })
    expect(Object.fromEntries(found)).toEqual(given.kinds)
    expect(codes).toEqual(given.problems ?? [])
  })
})

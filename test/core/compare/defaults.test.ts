// The shipped rules beside what API servers of the shipped minors were seen to put into new objects
// (data/kubernetes/<minor>/defaults.json, by tools/kubernetes-defaults.ts): each explains the other.
// requirements: [S000-41, S002-19, S002-28]
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { BUILTIN_RULES } from '../../../src/core/compare/builtin-rules.ts'
import { indexRules } from '../../../src/core/compare/index.ts'
import type { BuiltinRule } from '../../../src/core/compare/rule.ts'
import { deepEqual, isMap, type Json } from '../../../src/core/kube/index.ts'

type Values = Readonly<Record<string, readonly Json[]>>

interface Data {
  readonly kubernetes: string
  /** By `apiVersion/Kind`, then by path, in the rules' own grammar. */
  readonly defaults: Readonly<Record<string, Values>>
}

const FOLDER = new URL('../../../data/kubernetes/', import.meta.url)
const DATA: readonly Data[] = readdirSync(FOLDER)
  .map((minor) => new URL(`${minor}/defaults.json`, FOLDER))
  .filter((file) => existsSync(file))
  .map((file) => JSON.parse(readFileSync(file, 'utf8')) as Data)

/** `apps/v1/Deployment` → `apps/Deployment`, `v1/Pod` → `Pod`. */
function kindOf(key: string): string {
  const parts = key.split('/')
  const kind = parts.at(-1) as string
  return parts.length === 3 ? `${parts[0]}/${kind}` : kind
}

const segmentsOf = (path: string): string[] =>
  [...path.matchAll(/"([^"]*)"|([^."]+)/g)].map((match) => match[1] ?? match[2] ?? '')

const fits = (rule: readonly string[], path: readonly string[]): boolean =>
  rule.length === path.length && rule.every((segment, index) => segment === '*' || segment === path[index])

const allows = ({ value }: BuiltinRule, found: Json): boolean =>
  value.is !== 'one-of' || value.values.some((each) => deepEqual(each, found))

/** By a rule for the value itself, or for everything in it. */
function isExplained(kind: string, path: readonly string[], value: Json): boolean {
  if (value === null) return true
  const placed = path[0] === '@pod' ? ['template', 'spec', ...path.slice(1)] : path
  const { byTail } = indexRules(kind)
  const rules = [...(byTail.get(placed.at(-1) ?? '') ?? []), ...(byTail.get('*') ?? [])]
  if (rules.some(({ rule, segments }) => fits(segments, placed) && allows(rule, value))) return true
  if (!isMap(value)) return false
  return Object.entries(value).every(([name, member]) => isExplained(kind, [...placed, name], member ?? null))
}

/** Empty metadata is the same as none; a request that names no version of the served flag is unusual enough. */
const NOT_EXPLAINED: readonly string[] = [
  'PodTemplate template.metadata',
  'batch/CronJob spec.jobTemplate.spec.template.metadata',
  'apiextensions.k8s.io/CustomResourceDefinition spec.versions.*.served',
  'ReplicationController spec.selector',
]
const SAME_AS_NONE = /\.volumeClaimTemplate\.metadata$/

describe.each(DATA)('Kubernetes $kubernetes', ({ defaults }) => {
  it.each(Object.keys(defaults))('every default of %s has a rule', (key) => {
    const kind = kindOf(key)
    const values = defaults[key] as Values
    const left = Object.keys(values)
      .filter((path) => !NOT_EXPLAINED.includes(`${kind} ${path}`) && !SAME_AS_NONE.test(path))
      .filter((path) => !values[path]?.every((value) => isExplained(kind, segmentsOf(path), value)))
    expect(left.map((path) => `${path} ${JSON.stringify(values[path])}`)).toEqual([])
  })
})

function seenIn({ defaults }: Data, rule: { kind: string; path: string; value: Json }): boolean {
  const wanted = segmentsOf(rule.path)
  const pods = rule.path.startsWith('@pod')
  return Object.entries(defaults).some(([key, values]) => {
    // Pods get more than templates.
    if (rule.kind === '@pod' ? key !== 'v1/PodTemplate' : kindOf(key) !== rule.kind) return false
    return Object.entries(values).some(([path, found]) => {
      const segments = segmentsOf(path)
      const placed = pods && key === 'v1/Pod' ? ['@pod', ...segments.slice(1)] : segments
      return fits(wanted, placed) && found.some((each) => deepEqual(each, rule.value))
    })
  })
}

/** Told by objects that the generator does not make: sidecars, storage of providers, nested in what is added whole. */
const NOT_PROVOKED =
  /initContainers\.\*\.(livenessProbe|readinessProbe|startupProbe\.grpc|lifecycle)|ephemeralContainers|tolerations\.\*$/

it('every rule for a plain default was seen on a server', () => {
  const plain = BUILTIN_RULES.filter(({ id, value }) => id === 'builtin/default' && value.is === 'one-of')
  const claims = plain.flatMap(({ kinds, path, value }) =>
    kinds.flatMap((kind) => (value.is === 'one-of' ? value.values : []).map((each) => ({ kind, path, value: each }))),
  )
  const unseen = claims.filter((claim) => !NOT_PROVOKED.test(claim.path) && !DATA.some((data) => seenIn(data, claim)))
  expect(unseen.map(({ kind, path, value }) => `${kind} ${path} ${JSON.stringify(value)}`)).toEqual([])
})

// Which shipped rule explains a value that only live has?
import {
  deepEqual,
  type FieldPath,
  isMap,
  type Json,
  type JsonMap,
  type KubeObject,
  type ObjectRef,
} from '../kube/index.ts'
import { BUILTIN_RULES, type BuiltinRule, POD_SPEC, type ValueTest } from './builtin-rules.ts'

const TOKEN_VOLUME = /^kube-api-access-[a-z0-9]{5}$/
const TOKEN_MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount'
const TOKEN_SOURCES = new Set(['serviceAccountToken', 'configMap', 'downwardAPI'])

interface CompiledRule {
  readonly rule: BuiltinRule
  readonly segments: readonly string[]
}

/** Rules for one kind, by last segment: a lookup instead of a scan. */
export interface RuleIndex {
  readonly byTail: ReadonlyMap<string, readonly CompiledRule[]>
}

/** `a."b.c".*` → ['a', 'b.c', '*'] */
function segmentsOf(path: string): string[] {
  return [...path.matchAll(/"([^"]*)"|([^."]+)/g)].map((match) => match[1] ?? match[2] ?? '')
}

function expand(path: string, podSpec: readonly string[] | undefined): readonly string[] | null {
  const segments = segmentsOf(path)
  if (segments[0] === '@pod') return podSpec === undefined ? null : [...podSpec, ...segments.slice(1)]
  if (segments[0] === '@template') return podSpec === undefined ? null : [...podSpec.slice(0, -1), ...segments.slice(1)]
  return segments
}

/** Compiles the shipped rules for one kind (`group/Kind`, core kinds as `Kind`). */
export function indexRules(kindName: string, rules: readonly BuiltinRule[] = BUILTIN_RULES): RuleIndex {
  const podSpec = POD_SPEC[kindName]
  const byTail = new Map<string, CompiledRule[]>()
  for (const rule of rules) {
    const forPods = rule.kinds.includes('@pod') && podSpec !== undefined
    if (!forPods && !rule.kinds.includes(kindName) && !rule.kinds.includes('*')) continue
    const segments = expand(rule.path, podSpec)
    if (segments === null) continue
    const tail = segments.at(-1) as string
    byTail.set(tail, [...(byTail.get(tail) ?? []), { rule, segments }])
  }
  return { byTail }
}

export function kindName(ref: Pick<ObjectRef, 'group' | 'kind'>): string {
  return ref.group === '' ? ref.kind : `${ref.group}/${ref.kind}`
}

function matches(segments: readonly string[], path: FieldPath): boolean {
  if (segments.length !== path.length) return false
  return segments.every((segment, index) => {
    const element = path[index]
    if (segment === '*') return true
    return element?.kind === 'field' && element.name === segment
  })
}

function at(object: unknown, path: readonly string[]): unknown {
  let current: unknown = object
  for (const name of path) {
    if (!isMap(current) || !Object.hasOwn(current, name)) return undefined
    current = current[name]
  }
  return current
}

function isTokenVolume(value: Json): boolean {
  if (!isMap(value) || typeof value.name !== 'string' || !TOKEN_VOLUME.test(value.name)) return false
  const projected = value.projected
  if (Object.keys(value).length !== 2 || !isMap(projected) || !Array.isArray(projected.sources)) return false
  return (projected.sources as readonly Json[]).every((source) => {
    if (!isMap(source)) return false
    if (!Object.keys(source).every((name) => TOKEN_SOURCES.has(name))) return false
    return !isMap(source.configMap) || source.configMap.name === 'kube-root-ca.crt'
  })
}

function isTokenMount(value: Json): boolean {
  return (
    isMap(value) &&
    value.mountPath === TOKEN_MOUNT_PATH &&
    typeof value.name === 'string' &&
    TOKEN_VOLUME.test(value.name) &&
    value.readOnly === true
  )
}

interface Place {
  readonly value: Json
  readonly parent: JsonMap | null
  readonly live: KubeObject
}

function holds(test: ValueTest, place: Place): boolean {
  switch (test.is) {
    case 'any':
      return true
    case 'one-of':
      return test.values.some((value) => deepEqual(value, place.value))
    case 'equal-to':
      return place.value === at(place.live, test.path)
    case 'sibling':
      return place.parent !== null && place.value === place.parent[test.name]
    case 'token-volume':
      return isTokenVolume(place.value)
    case 'token-mount':
      return isTokenMount(place.value)
    case 'token-mount-name':
      return place.parent !== null && isTokenMount(place.parent)
    default:
      return test satisfies never
  }
}

export interface ExplainContext {
  readonly index: RuleIndex
  readonly desired: KubeObject
  readonly live: KubeObject
  /** Static defaults stand in only while the server's own form is unknown. */
  readonly hasForm: boolean
}

/** The rule that explains `value` at `path`, which desired does not declare; undefined when none does. */
export function ruleFor(
  path: FieldPath,
  value: Json,
  parent: JsonMap | null,
  context: ExplainContext,
): BuiltinRule | undefined {
  const last = path.at(-1)
  if (last === undefined) return undefined
  const named = last.kind === 'field' ? (context.index.byTail.get(last.name) ?? []) : []
  const starred = context.index.byTail.get('*') ?? []
  return [...named, ...starred].find(({ rule, segments }) => {
    if (rule.applies === 'without-form' && context.hasForm) return false
    if (!matches(segments, path)) return false
    if (rule.whenDesired !== undefined && at(context.desired, rule.whenDesired) === undefined) return false
    return holds(rule.value, { value, parent, live: context.live })
  })?.rule
}

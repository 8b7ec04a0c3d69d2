// Takes what the user's ignoreDifferences name out of both sides, and remembers what that hid.
import { type IgnoreRule, type JsonPath, matchJqPaths, matchPointers } from '../definition/index.ts'
import {
  deepEqual,
  type FieldPath,
  formatPointer,
  formatRef,
  isEmptyValue,
  isMap,
  type Json,
  type JsonMap,
  type KubeObject,
  type ObjectRef,
  pathKey,
} from '../kube/index.ts'
import type { ObjectSchema, TypeNode } from '../merge/index.ts'
import { type Problem, problem } from '../problem/index.ts'
import { elementOf, itemType, memberType } from './element.ts'
import type { IgnoredChange } from './types.ts'

interface Named {
  readonly object: KubeObject
  /** What the rule names in it. */
  readonly places: readonly JsonPath[]
  /** Why an expression cannot be used on it. */
  readonly errors: readonly string[]
}

function namedBy(rule: IgnoreRule, object: KubeObject): Named {
  const { places, errors } = matchJqPaths(object, rule.jqPaths)
  return { object, places: [...matchPointers(object, rule.jsonPointers), ...places], errors }
}

/** Why a rule cannot be used on one of these objects; null = it can. */
function failureOf(rule: IgnoreRule, sides: readonly Named[], ref: ObjectRef): Problem | null {
  const [error] = sides.flatMap(({ errors }) => errors)
  if (error === undefined) return null
  const object = formatRef(ref)
  return problem('HF2005', `${rule.id} cannot be used on ${object}: jqPathExpressions ${error}`, {
    object,
    path: rule.id,
  })
}

/** The concrete place as a field path: list indices become keys where the schema has them. */
function fieldPathOf(root: Json, jsonPath: JsonPath, schema: ObjectSchema): FieldPath {
  const path: FieldPath[number][] = []
  let type: TypeNode = schema.root
  let value: Json | undefined = root
  for (const step of jsonPath) {
    if (typeof step === 'string') {
      path.push({ kind: 'field', name: step })
      type = memberType(type, step)
      value = isMap(value) ? value[step] : undefined
    } else {
      const item: Json | undefined = Array.isArray(value) ? (value as readonly Json[])[step] : undefined
      path.push(
        type.kind === 'list' && item !== undefined ? elementOf(type, item, step) : { kind: 'index', index: step },
      )
      type = itemType(type)
      value = item
    }
  }
  return path
}

function valueAt(root: Json | undefined, path: JsonPath): Json | undefined {
  let value = root
  for (const step of path) {
    if (typeof step === 'number') value = Array.isArray(value) ? (value as readonly Json[])[step] : undefined
    else value = isMap(value) && Object.hasOwn(value, step) ? value[step] : undefined
    if (value === undefined) return undefined
  }
  return value
}

function withoutItem(list: readonly Json[], path: JsonPath, depth: number): Json {
  const step = path[depth] as number
  if (step >= list.length) return list
  if (depth + 1 === path.length) return list.filter((_, index) => index !== step)
  const rest = without(list[step] as Json, path, depth + 1) ?? {}
  return list.map((item, index) => (index === step ? rest : item))
}

function withoutMember(map: JsonMap, path: JsonPath, depth: number): Json {
  const step = path[depth] as string
  const member = Object.hasOwn(map, step) ? map[step] : undefined
  if (member === undefined) return map
  const rest = without(member, path, depth + 1)
  const { [step]: _, ...others } = map
  const emptied = rest === undefined || (isEmptyValue(rest) && !isEmptyValue(member))
  return emptied ? others : { ...map, [step]: rest }
}

/** A copy without the place; maps and lists that this empties go too (an emptied map equals an absent one). */
function without(root: Json, path: JsonPath, depth = 0): Json | undefined {
  const step = path[depth]
  if (step === undefined) return undefined
  if (typeof step === 'number') return Array.isArray(root) ? withoutItem(root as readonly Json[], path, depth) : root
  return isMap(root) ? withoutMember(root, path, depth) : root
}

function byDepthThenIndex(a: JsonPath, b: JsonPath): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index += 1) {
    const left = a[index]
    const right = b[index]
    if (typeof left === 'number' && typeof right === 'number' && left !== right) return right - left
  }
  return b.length - a.length
}

function strip({ object, places }: Named): KubeObject {
  let result: Json = object as unknown as JsonMap
  for (const path of [...places].sort(byDepthThenIndex)) result = without(result, path) ?? {}
  return result as unknown as KubeObject
}

/** Whose the rule says its fields are. */
export function ownerOf({ owner }: IgnoreRule): string | null {
  return owner === '' ? null : owner
}

export interface Sides {
  readonly desired: KubeObject
  readonly live: KubeObject
  readonly normalForm: KubeObject | null
}

function hidden(rule: IgnoreRule, sides: { desired: Named; live: Named }, schema: ObjectSchema): IgnoredChange[] {
  const places = new Map<string, { path: FieldPath; desired?: Json; live?: Json }>()
  const collect = (side: 'desired' | 'live'): void => {
    const root = sides[side].object as unknown as JsonMap
    for (const jsonPath of sides[side].places) {
      const value = valueAt(root, jsonPath)
      if (value === undefined) continue
      const path = fieldPathOf(root, jsonPath, schema)
      const key = pathKey(path)
      places.set(key, { ...(places.get(key) ?? { path }), [side]: value })
    }
  }
  collect('desired')
  collect('live')
  return [...places].flatMap(([at, { path, desired, live }]) => {
    if (deepEqual(desired, live)) return []
    const change = desired === undefined ? 'added' : live === undefined ? 'removed' : 'changed'
    const values = { ...(desired === undefined ? {} : { desired }), ...(live === undefined ? {} : { live }) }
    const pointer =
      formatPointer(sides.live.object as unknown as JsonMap, path) ??
      formatPointer(sides.desired.object as unknown as JsonMap, path) ??
      ''
    return [{ path, at, pointer, change, ...values, rule: rule.id, owner: ownerOf(rule), carry: true } as const]
  })
}

/** Both sides without the places that these rules name, and what they hid. Inputs stay as they are. */
export function applyIgnoreRules(
  sides: Sides,
  rules: readonly IgnoreRule[],
  context: { ref: ObjectRef; schema: ObjectSchema },
): { sides: Sides; ignored: IgnoredChange[]; broken: Problem | null } {
  let current = sides
  let broken: Problem | null = null
  const ignored: IgnoredChange[] = []
  for (const rule of rules) {
    if (rule.problem !== null) continue
    if (rule.jsonPointers.length === 0 && rule.jqPaths.length === 0) continue
    const desired = namedBy(rule, current.desired)
    const live = namedBy(rule, current.live)
    const failure = failureOf(rule, [live, desired], context.ref)
    broken ??= failure
    if (failure !== null) continue
    ignored.push(...hidden(rule, { desired, live }, context.schema))
    current = {
      desired: strip(desired),
      live: strip(live),
      normalForm: current.normalForm === null ? null : strip(namedBy(rule, current.normalForm)),
    }
  }
  return { sides: current, ignored, broken }
}

/** The `managedFieldsManagers` rule that hides what stands at this path: one of its owners is listed. */
export function managerRule(
  path: FieldPath,
  rules: readonly IgnoreRule[],
  managersOf: (path: FieldPath) => readonly string[],
): IgnoreRule | undefined {
  const listed = rules.filter((rule) => rule.problem === null && rule.managers.length > 0)
  if (listed.length === 0) return undefined
  const owners = managersOf(path)
  return listed.find((rule) => owners.some((owner) => rule.managers.includes(owner)))
}

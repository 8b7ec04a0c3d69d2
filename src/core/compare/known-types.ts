// Fields of custom resources that hold a type of Kubernetes' own (`knownTypeFields`): a controller that writes the object
// spells its values anew, and that is no difference.
import type { KnownTypeField } from '../definition/index.ts'
import { isMap, type Json, type JsonMap, type KubeObject } from '../kube/index.ts'
import type { ScalarFormat } from '../merge/index.ts'
import { sameMeaning } from './meaning.ts'

/** Members of types of `core/v1` that map names of resources to amounts; every map of that name in them does. */
export const AMOUNTS_BY_NAME: readonly string[] = [
  'allocatable',
  'allocatedResources',
  'capacity',
  'default',
  'defaultRequest',
  'hard',
  'limits',
  'max',
  'maxLimitRequestRatio',
  'min',
  'overhead',
  'requests',
  'used',
]

/** Single amounts, by what surrounds them. */
export const AMOUNTS_IN: Readonly<Record<string, string>> = { emptyDir: 'sizeLimit', resourceFieldRef: 'divisor' }

/** The types whose values are theirs to begin with, and what surrounds them elsewhere. */
const ROOTS: Readonly<Record<string, string>> = {
  'core/v1/EmptyDirVolumeSource': 'emptyDir',
  'core/v1/ResourceFieldSelector': 'resourceFieldRef',
  'core/v1/ResourceList': 'limits',
}

const SCALARS: Readonly<Record<string, ScalarFormat>> = { 'core/Quantity': 'quantity', 'meta/v1/Duration': 'duration' }

type Respell = (desired: Json, live: Json) => Json

const own = (map: JsonMap, name: string): Json | undefined => (Object.hasOwn(map, name) ? map[name] : undefined)

function members(desired: JsonMap, live: JsonMap, respell: (name: string) => Respell): JsonMap {
  const entries = Object.entries(live).map(([name, value]): [string, Json | undefined] => {
    const wanted = own(desired, name)
    const both = wanted !== undefined && wanted !== null && value !== undefined && value !== null
    return [name, both ? respell(name)(wanted, value) : value]
  })
  return Object.fromEntries(entries)
}

function items(desired: readonly Json[], live: readonly Json[], respell: Respell): Json {
  return live.map((item, index) => (index < desired.length ? respell(desired[index] as Json, item) : item))
}

function scalar(format: ScalarFormat): Respell {
  return (desired, live) => {
    if (Array.isArray(desired) && Array.isArray(live)) return items(desired, live, scalar(format))
    return sameMeaning(desired, live, format) ? desired : live
  }
}

/** `inside`: the name of what surrounds the value. */
function structure(inside: string): Respell {
  return (desired, live) => {
    if (Array.isArray(desired) && Array.isArray(live)) return items(desired, live, structure(inside))
    if (!isMap(desired) || !isMap(live)) return live
    if (AMOUNTS_BY_NAME.includes(inside) && Object.values(live).every((value) => typeof value !== 'object'))
      return members(desired, live, () => scalar('quantity'))
    return members(desired, live, (name) => (AMOUNTS_IN[inside] === name ? scalar('quantity') : structure(name)))
  }
}

function respellOf(type: string): Respell {
  const format = SCALARS[type]
  return format === undefined ? structure(ROOTS[type] ?? '') : scalar(format)
}

function at([step, ...rest]: readonly string[], respell: Respell): Respell {
  return (desired, live) => {
    if (Array.isArray(desired) && Array.isArray(live))
      return items(desired, live, at(step === undefined ? [] : [step, ...rest], respell))
    if (step === undefined) return respell(desired, live)
    if (!isMap(desired) || !isMap(live)) return live
    return members(desired, live, (name) => (name === step ? at(rest, respell) : (_, value) => value))
  }
}

/** Live with Git's spelling of what means the same in these fields. Everything else stays as it is. */
export function respelled(desired: KubeObject, live: KubeObject, fields: readonly KnownTypeField[]): KubeObject {
  let result = live as unknown as Json
  for (const { field, type } of fields) result = at(field, respellOf(type))(desired as unknown as Json, result)
  return result as unknown as KubeObject
}

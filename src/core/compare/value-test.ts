// Does a live value look as a shipped rule wants it?
import {
  deepEqual,
  type FieldPath,
  isEmptyValue,
  isMap,
  type Json,
  type JsonMap,
  type KubeObject,
} from '../kube/index.ts'
import { isAppArmorAnnotation } from './app-armor.ts'
import { isTokenMount, isTokenVolume } from './api-access.ts'
import { UNTYPED } from './element.ts'
import { equivalent } from './equivalent.ts'
import { pullPolicyOf } from './image-name.ts'
import type { Locator } from './locate.ts'
import type { ValueTest } from './rule.ts'

export interface Place {
  readonly name: string
  readonly path: FieldPath
  readonly value: Json
  readonly parent: JsonMap | null
  readonly desired: KubeObject
  readonly live: KubeObject
  readonly locate: Locator
}

/** The value at a path of member names; undefined where there is none. */
export function memberAt(object: unknown, path: readonly string[]): unknown {
  let current: unknown = object
  for (const name of path) {
    if (!isMap(current) || !Object.hasOwn(current, name)) return undefined
    current = current[name]
  }
  return current
}

/** The image that Git declares decides; live's only where Git lacks the container. */
function imageAt({ path, parent, desired, locate }: Place): unknown {
  const holder = locate.parentAt(desired as unknown as JsonMap, path) ?? parent
  return holder?.image ?? holder?.reference
}

/** A request is by default the limit, and a limit the maximum; a request without either is the minimum. */
function isDerivedLimit({ path, value, live, locate }: Place): boolean {
  const item = locate.parentAt(live as unknown as JsonMap, path.slice(0, 4))
  const [section, resource] = [path[3], path[4]]
  if (item?.type !== 'Container' || section?.kind !== 'field' || resource?.kind !== 'field') return false
  const of = (name: string): unknown => memberAt(item, [name, resource.name])
  const derived = section.name === 'default' ? of('max') : (of('default') ?? of('min'))
  return derived !== undefined && deepEqual(derived as Json, value)
}

function policyTypesOf(desired: KubeObject): Json {
  return isEmptyValue(memberAt(desired, ['spec', 'egress'])) ? ['Ingress'] : ['Ingress', 'Egress']
}

const kindOf = (desired: KubeObject): string => String(memberAt(desired, ['spec', 'names', 'kind']) ?? '')

type Tests = { readonly [Is in ValueTest['is']]: (test: Extract<ValueTest, { is: Is }>, place: Place) => boolean }

const TESTS: Tests = {
  any: () => true,
  'one-of': ({ values }, { value }) => values.some((wanted) => deepEqual(wanted, value)),
  'equal-to': ({ path }, { value, live }) => value === memberAt(live, path),
  'beginning-of': ({ path }, { value, live }) =>
    typeof value === 'string' && String(memberAt(live, path) ?? '').startsWith(value),
  'same-member': ({ path }, { name, value, live }) => value === memberAt(live, [...path, name]),
  sibling: ({ name }, { value, parent }) => parent !== null && deepEqual(value, memberAt(parent, [name])),
  declared: ({ name }, { path, value, desired, locate }) => {
    const parent = locate.parentAt(desired as unknown as JsonMap, path)
    return parent !== null && equivalent(value, memberAt(parent, [name]) as Json | undefined, UNTYPED)
  },
  'list-of': ({ name }, { value, parent }) => parent !== null && deepEqual(value, [memberAt(parent, [name]) as Json]),
  'same-request': (_, { name, path, value, live, locate }) => {
    const resources = locate.parentAt(live as unknown as JsonMap, path.slice(0, -1))
    return deepEqual(value, (memberAt(resources, ['limits', name]) ?? null) as Json)
  },
  'derived-limit': (_, place) => isDerivedLimit(place),
  apparmor: (_, { name, value, live }) => isAppArmorAnnotation(name, value, live),
  'pull-policy': (_, place) => place.value === pullPolicyOf(imageAt(place)),
  'policy-types': (_, { value, desired }) => deepEqual(value, policyTypesOf(desired)),
  'kind-in-lower-case': (_, { value, desired }) => value === kindOf(desired).toLowerCase(),
  'kind-of-list': (_, { value, desired }) => value === `${kindOf(desired)}List`,
  'token-volume': (_, { value }) => isTokenVolume(value),
  'token-mount': (_, { value }) => isTokenMount(value),
  'token-mount-name': (_, { parent }) => parent !== null && isTokenMount(parent),
}

export function holds(test: ValueTest, place: Place): boolean {
  const run = TESTS[test.is] as (test: ValueTest, place: Place) => boolean
  return run(test, place)
}

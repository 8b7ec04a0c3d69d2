// Vertical autoscalers as evidence: what one says of itself, and whether it may have given a container this much.
import { compareQuantities, type FieldPath, groupOf, isMap, type Json, parseQuantity } from '../kube/index.ts'
import { mapOf, text, texts } from './json-parts.ts'
import type { Allowance, ContainerAllowance, VerticalAutoscaler } from './neighbours.ts'
import type { KubeObject, ObjectRef } from '../kube/index.ts'

export const VERTICAL = 'autoscaling.k8s.io/VerticalPodAutoscaler'

/** Every mode in which it writes; nothing said is `Recreate` (`Auto` before). */
const OFF = 'Off'
const ANY_CONTAINER = '*'
const DEFAULT_RESOURCES: readonly string[] = ['cpu', 'memory']

function allowances({ minAllowed, maxAllowed, controlledResources }: Record<string, Json>): Record<string, Allowance> {
  const controlled = Array.isArray(controlledResources) ? texts(controlledResources) : DEFAULT_RESOURCES
  const [least, most] = [mapOf(minAllowed), mapOf(maxAllowed)]
  return Object.fromEntries(controlled.map((name) => [name, { min: least[name] ?? null, max: most[name] ?? null }]))
}

function policy(one: Json): ContainerAllowance[] {
  if (!isMap(one)) return []
  const { containerName, mode, controlledValues } = one
  return [
    {
      container: text(containerName) || ANY_CONTAINER,
      off: mode === OFF,
      limits: controlledValues !== 'RequestsOnly',
      resources: allowances(one as Record<string, Json>),
    },
  ]
}

/** Null when it names no target, or writes nothing. */
export function verticalFact({ metadata, spec }: KubeObject): VerticalAutoscaler | null {
  const { targetRef, updatePolicy, resourcePolicy } = mapOf(spec as Json | undefined)
  if (!isMap(targetRef) || mapOf(updatePolicy).updateMode === OFF) return null
  const { containerPolicies } = mapOf(resourcePolicy)
  const policies = Array.isArray(containerPolicies) ? (containerPolicies as readonly Json[]).flatMap(policy) : []
  const all = policies.some(({ container }) => container === ANY_CONTAINER)
  return {
    name: metadata.name ?? '',
    targetGroup: groupOf(text(targetRef.apiVersion)),
    targetKind: text(targetRef.kind),
    targetName: text(targetRef.name),
    containers: all ? policies : [...policies, ...policy({})],
  }
}

function containerOf(path: FieldPath): string | null {
  const item = path.find((element) => element.kind === 'key')
  const name = item?.fields.name
  return typeof name === 'string' ? name : null
}

const fieldName = (path: FieldPath, at: number): string => {
  const element = path.at(at)
  return element?.kind === 'field' ? element.name : ''
}

function isWithin(value: Json, { min, max }: Allowance): boolean {
  const amount = quantity(value)
  if (amount === null) return false
  const [least, most] = [quantity(min), quantity(max)]
  return (
    (least === null || compareQuantities(amount, least) >= 0) && (most === null || compareQuantities(amount, most) <= 0)
  )
}

const quantity = (value: Json): ReturnType<typeof parseQuantity> =>
  typeof value === 'string' || typeof value === 'number' ? parseQuantity(value) : null

/** `…resources.requests.cpu` of a container. Limits follow their requests in proportion, outside of any bounds. */
function gives({ containers }: VerticalAutoscaler, path: FieldPath, value: Json): boolean {
  const [list, resource, name] = [fieldName(path, -2), fieldName(path, -1), containerOf(path)]
  if (name === null) return false
  const allowed =
    containers.find(({ container }) => container === name) ??
    containers.find(({ container }) => container === ANY_CONTAINER)
  if (allowed === undefined || allowed.off || !Object.hasOwn(allowed.resources, resource)) return false
  return list === 'limits' ? allowed.limits : isWithin(value, allowed.resources[resource] as Allowance)
}

/** The one that may have done it, in words. */
export function verticalProof(
  { path, live }: { readonly path: FieldPath; readonly live: Json | undefined },
  { kind, group, name }: ObjectRef,
  autoscalers: readonly VerticalAutoscaler[] | undefined,
): string | null {
  if (live === undefined) return null
  const found = autoscalers?.find(
    (one) => one.targetKind === kind && one.targetGroup === group && one.targetName === name && gives(one, path, live),
  )
  return found === undefined ? null : `VerticalPodAutoscaler ${found.name}`
}

// What a writer does to declared objects → the ConfigMap of rules that leaves just that to it.
import { type FieldPath, type ObjectRef, refKey } from '../kube/index.ts'
import { namingLines } from './naming.ts'

export interface DelegatedPlace {
  readonly ref: ObjectRef
  readonly path: FieldPath
}

export interface Delegation {
  /** Name of the Application. */
  readonly app: string
  readonly manager: string
  readonly places: readonly DelegatedPlace[]
  /** ISO dates. */
  readonly today: string
  readonly review: string
}

/** A text that YAML reads as itself, whatever stands in it. */
const quoted = (text: string): string => JSON.stringify(text)

function nameOf({ app, manager }: Delegation): string {
  const text = `${app}-left-to-${manager}`.toLowerCase().replace(/[^a-z0-9]+/g, '-')
  return text.slice(0, 63).replace(/^-+|-+$/g, '')
}

function ruleLines(places: readonly DelegatedPlace[], { manager, today, review }: Delegation): string[] {
  const [{ ref }] = places as readonly [DelegatedPlace]
  const { group, kind, name, namespace } = ref
  const [first = '', ...rest] = [
    `group: ${quoted(group)}`,
    `kind: ${quoted(kind)}`,
    `name: ${quoted(name)}`,
    ...(namespace === '' ? [] : [`namespace: ${quoted(namespace)}`]),
    ...namingLines(places.map(({ path }) => path)),
    `owner: ${quoted(manager)}`,
    `reason: ${quoted(`left to ${manager} when Holdfast took over, on ${today}`)}`,
    `review: ${quoted(review)}`,
  ]
  return [`- ${first}`, ...rest.map((line) => `  ${line}`)]
}

/** A manifest, to be declared with the objects or to stand beside the Applications. */
export function delegationManifest(delegation: Delegation): string {
  const objects = new Map<string, DelegatedPlace[]>()
  for (const place of delegation.places)
    objects.set(refKey(place.ref), [...(objects.get(refKey(place.ref)) ?? []), place])
  const rules = [...objects.values()].flatMap((places) => ruleLines(places, delegation))
  return [
    'apiVersion: v1',
    'kind: ConfigMap',
    'metadata:',
    `  name: ${nameOf(delegation)}`,
    '  labels: {holdfast.dev/ignore-rules: "true"}',
    'data:',
    '  rules.yaml: |',
    '    rules:',
    ...rules.map((line) => `      ${line}`),
    '',
  ].join('\n')
}

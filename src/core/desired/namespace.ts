import type { KubeObject, ObjectRef } from '../kube/index.ts'
import { type DesiredContext, digestOf } from './take-in.ts'
import type { DesiredObject } from './types.ts'

function isNamespace(ref: ObjectRef): boolean {
  return ref.group === '' && ref.kind === 'Namespace'
}

/** The lowest wave of what lives in each namespace. */
function firstWaves(objects: readonly DesiredObject[]): ReadonlyMap<string, number> {
  const waves = new Map<string, number>()
  for (const { ref, wave } of objects) {
    if (ref.namespace !== '') waves.set(ref.namespace, Math.min(wave, waves.get(ref.namespace) ?? wave))
  }
  return waves
}

/** A Namespace never comes in a later wave than what lives in it. */
export function liftNamespaces(objects: readonly DesiredObject[]): readonly DesiredObject[] {
  const waves = firstWaves(objects)
  return objects.map((desired) => {
    const first = isNamespace(desired.ref) ? waves.get(desired.ref.name) : undefined
    return first === undefined || first >= desired.wave ? desired : { ...desired, wave: first }
  })
}

/**
 * The destination's Namespace when CreateNamespace=true asks for it and Git does not declare it. It carries no mark, as
 * in Argo CD: see `ObjectOptions.declaredOnly`.
 */
export function destinationNamespace(
  context: DesiredContext,
  objects: readonly DesiredObject[],
): DesiredObject | undefined {
  const { options, destinationNamespace: name, managedNamespaceMetadata } = context.definition
  if (!options.createNamespace || name === '') return undefined
  if (objects.some(({ ref }) => isNamespace(ref) && ref.name === name)) return undefined
  const { labels, annotations } = managedNamespaceMetadata
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      ...(Object.keys(labels).length > 0 ? { labels } : {}),
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
    },
  }
  return {
    ref: { group: '', version: 'v1', kind: 'Namespace', namespace: '', name },
    object,
    digest: digestOf(object),
    origin: { file: '', line: 0 },
    wave: objects.reduce((lowest, { wave }) => Math.min(lowest, wave), 0),
    options: {
      prune: false,
      pruneLast: false,
      delete: false,
      ignoreExtraneous: true,
      validate: true,
      declaredOnly: true,
      leave: null,
    },
    secret: false,
  }
}

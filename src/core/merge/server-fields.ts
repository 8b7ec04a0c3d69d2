import type { FieldPath } from '../kube/index.ts'
import { FieldSet } from './field-set.ts'

function field(...names: string[]): FieldPath {
  return names.map((name) => ({ kind: 'field', name }))
}

const METADATA = [
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'clusterName',
  'generation',
  'managedFields',
  'resourceVersion',
]

/** The paths that the server never lets anyone own. */
export const SERVER_FIELDS: FieldSet = FieldSet.of([
  field('apiVersion'),
  field('kind'),
  field('metadata'),
  ...METADATA.map((name) => field('metadata', name)),
])

/** A field set as the server keeps it: without the identity of the object and its own bookkeeping. */
export function stripServerFields(set: FieldSet): FieldSet {
  return set.difference(SERVER_FIELDS)
}

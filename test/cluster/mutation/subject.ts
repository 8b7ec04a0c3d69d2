// An object under mutation: what Git declares, where it lives and what its kind may hold.
import { readFileSync } from 'node:fs'
import type { Cluster } from '../../../src/adapters/kube-http/index.ts'
import { indexRules, kindName, type RuleIndex } from '../../../src/core/compare/index.ts'
import { type KubeObject, type ObjectRef, refOf } from '../../../src/core/kube/index.ts'
import type { ObjectSchema } from '../../../src/core/merge/index.ts'
import { readObjects } from '../../../src/core/yaml/index.ts'
import { CONTENTS, manifestOf } from '../../merge/manifests.ts'
import { cleanObject, foldStringData } from '../../../src/core/desired/clean.ts'
import type { KindInfo } from '../../../src/ports/cluster-reader.ts'
import type { Editor } from '../../kit/editor.ts'
import { type Definitions, type Schema, shapeOf, type Struct } from './shape.ts'

/** What has to be known of a declared object to compare it. */
export interface Comparable {
  readonly name: string
  readonly ref: ObjectRef
  readonly desired: KubeObject
  /** Of the object on the server. */
  readonly path: string
  readonly schema: ObjectSchema
  readonly rules: RuleIndex
}

export interface Subject extends Comparable {
  readonly shape: Struct
}

export interface Plane {
  readonly cluster: Cluster
  readonly editor: Editor
}

/** Where references in the objects of every kind lead. */
export const NAMESPACE = 'default'
const CASES = new URL('../../cases/mutation/', import.meta.url)

export function objectsOf(file: string): KubeObject[] {
  const { objects, problems } = readObjects(readFileSync(new URL(file, CASES), 'utf8'), { file })
  if (problems.length > 0) throw new Error(problems[0]?.message)
  return objects.map(({ object }) => object)
}

interface Published extends Schema {
  readonly 'x-kubernetes-group-version-kind'?: readonly { group: string; version: string; kind: string }[]
}

const documents = new WeakMap<Editor, Map<string, Definitions>>()

async function definitionsOf(editor: Editor, ref: ObjectRef): Promise<Definitions> {
  const known = documents.get(editor) ?? new Map<string, Definitions>()
  documents.set(editor, known)
  const path = ref.group === '' ? `/openapi/v3/api/${ref.version}` : `/openapi/v3/apis/${ref.group}/${ref.version}`
  const before = known.get(path)
  if (before !== undefined && schemaIn(before, ref) !== undefined) return before
  const found = ((await editor.get(path)).body?.components?.schemas as Definitions) ?? {}
  known.set(path, found)
  return found
}

function schemaIn(definitions: Definitions, ref: ObjectRef): Schema | undefined {
  return Object.values(definitions as Readonly<Record<string, Published>>).find((each) =>
    each['x-kubernetes-group-version-kind']?.some(
      ({ group, version, kind }) => group === ref.group && version === ref.version && kind === ref.kind,
    ),
  )
}

/** The schema of a new CRD is published a moment after it is served. */
async function shapeFor(editor: Editor, ref: ObjectRef): Promise<Struct> {
  for (let tries = 0; tries < 200; tries++) {
    const definitions = await definitionsOf(editor, ref)
    const schema = schemaIn(definitions, ref)
    const shape = schema === undefined ? undefined : shapeOf(schema, definitions)
    if (shape?.kind === 'struct') return shape
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${ref.kind} has no schema`)
}

async function served(cluster: Cluster, ref: ObjectRef): Promise<KindInfo> {
  for (let tries = 0; tries < 100; tries++) {
    const info = await cluster.reader.kind(ref, { refresh: tries > 0 })
    if (info !== undefined) return info
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${ref.kind} is not served`)
}

export async function comparableOf(
  { cluster }: Pick<Plane, 'cluster'>,
  object: KubeObject,
  home = NAMESPACE,
): Promise<Comparable> {
  const bare = refOf(object)
  const info = await served(cluster, bare)
  const namespace = info.namespaced ? (object.metadata.namespace ?? home) : ''
  const { namespace: _, ...bareMetadata } = object.metadata
  const metadata = namespace === '' ? bareMetadata : { ...object.metadata, namespace }
  const folded = bare.kind === 'Secret' ? foldStringData(object) : object
  if (typeof folded === 'string') throw new Error(folded)
  const desired = cleanObject({ ...folded, metadata }, bare.group)
  const ref = refOf(desired)
  const root = ref.group === '' ? `/api/${ref.version}` : `/apis/${ref.group}/${ref.version}`
  const scope = namespace === '' ? '' : `/namespaces/${namespace}`
  return {
    name: `${kindName(ref)} ${ref.version} ${ref.name}`,
    ref,
    desired,
    path: `${root}${scope}/${info.resource}/${encodeURIComponent(ref.name)}`,
    schema: await cluster.reader.schema(ref),
    rules: indexRules(kindName(ref)),
  }
}

export async function subjectOf(plane: Plane, object: KubeObject): Promise<Subject> {
  const comparable = await comparableOf(plane, object)
  return { ...comparable, shape: await shapeFor(plane.editor, comparable.ref) }
}

/** One object of every built-in kind that is stored. */
export function everyKind(): KubeObject[] {
  return Object.keys(CONTENTS).map((key) => manifestOf(key) as unknown as KubeObject)
}

/** Objects stay there until they are healed; controllers do not run, so nothing has to be waited for. */
export async function bringIn({ cluster, editor }: Plane, subject: Subject): Promise<KubeObject> {
  const end = Date.now() + 15_000
  for (;;) {
    try {
      await cluster.writer.apply(subject.desired)
      return (await editor.get(subject.path)).body as KubeObject
    } catch (error) {
      if (Date.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

export async function takeOut({ editor }: Plane, subject: Subject): Promise<void> {
  // A namespace is emptied by a controller, which does not run.
  if (subject.ref.kind === 'Namespace') return
  await editor.send('DELETE', `${subject.path}?gracePeriodSeconds=0`)
  for (let tries = 0; tries < 200; tries++) {
    const { status, body } = await editor.get(subject.path)
    if (status === 404) return
    if ((body.metadata?.finalizers ?? []).length > 0)
      await editor.patch('merge', subject.path, { metadata: { finalizers: null } })
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`${subject.name} cannot be deleted`)
}

import { createHash } from 'node:crypto'
import {
  type AppDefinition,
  isExcluded,
  type ProjectDefinition,
  projectAllowsObject,
  type Settings,
} from '../definition/index.ts'
import {
  canonicalJson,
  formatRef,
  groupOf,
  type Json,
  type KubeObject,
  type ObjectRef,
  refOf,
  serverWrittenIn,
} from '../kube/index.ts'
import { type Problem, type ProblemCode, type ProblemSubject, problem } from '../problem/index.ts'
import { annotationOf, hookOf, readObjectOptions, readWave } from './annotations.ts'
import { checkEnvelope } from './check.ts'
import { cleanObject, foldStringData } from './clean.ts'
import { markOf, NO_MARK, TRACKING_ANNOTATION } from './tracking.ts'
import type { DesiredObject, RenderedObject } from './types.ts'

export type Scope = 'Namespaced' | 'Cluster'
export type ScopeOf = (group: string, version: string, kind: string) => Scope | undefined

export interface DesiredContext {
  readonly definition: AppDefinition
  readonly settings: Settings
  readonly scopeOf: ScopeOf
  /** See `appTrackingName`. */
  readonly appTrackingName: string
  /** Without one, nothing is denied. */
  readonly project?: ProjectDefinition
  /** `none`: the objects belong to no application; what they carry themselves stays. */
  readonly marks?: 'none'
}

/** What became of one rendered object. `left` = it could not be taken in; `out` = it is not meant to be. */
export interface TakenIn {
  readonly result: 'taken' | 'unknown' | 'left' | 'out'
  readonly object?: DesiredObject
  readonly problems: readonly Problem[]
}

export function digestOf(object: KubeObject): string {
  return createHash('sha256').update(canonicalJson(object)).digest('hex')
}

export function isSecret(ref: Omit<ObjectRef, 'version'>): boolean {
  return ref.group === '' && ref.kind === 'Secret'
}

function subjectOf(context: DesiredContext, item: RenderedObject, ref?: ObjectRef): ProblemSubject {
  const { file, line } = item.origin
  return {
    app: context.definition.key,
    ...(file === '' ? {} : { file }),
    ...(line > 0 ? { line } : {}),
    ...(ref === undefined ? {} : { object: formatRef(ref) }),
  }
}

function left(code: ProblemCode, message: string, subject: ProblemSubject): TakenIn {
  return { result: 'left', problems: [problem(code, message, subject)] }
}

/** The ref with the namespace the object will have. */
function placed(ref: ObjectRef, scope: Scope, fallback: string): ObjectRef {
  if (scope === 'Cluster') return { ...ref, namespace: '' }
  return ref.namespace === '' ? { ...ref, namespace: fallback } : ref
}

/**
 * Adds the marks. A cluster-scoped object's mark carries the namespace it was written with, or else the destination's:
 * so does Argo CD's, and taking over must not change it.
 */
function marked(object: KubeObject, ref: ObjectRef, context: DesiredContext): KubeObject {
  const written = refOf(object).namespace
  const namespace = ref.namespace === '' ? written || context.definition.destinationNamespace : ref.namespace
  const mark =
    context.marks === 'none' ? NO_MARK : markOf(context.appTrackingName, context.settings, { ...ref, namespace })
  const { namespace: _, labels, annotations, ...rest } = object.metadata
  const allLabels = { ...labels, ...mark.labels }
  const allAnnotations = { ...annotations, ...mark.annotations }
  const metadata = {
    ...rest,
    ...(ref.namespace === '' ? {} : { namespace: ref.namespace }),
    ...(Object.keys(allLabels).length > 0 ? { labels: allLabels } : {}),
    ...(Object.keys(allAnnotations).length > 0 ? { annotations: allAnnotations } : {}),
  }
  return { ...object, metadata }
}

/** Things that are said about an object although it is taken in. */
function remarks(written: KubeObject, object: KubeObject, subject: ProblemSubject): readonly Problem[] {
  const problems: Problem[] = []
  const mark = annotationOf(written, TRACKING_ANNOTATION)
  if (mark !== undefined && mark !== annotationOf(object, TRACKING_ANNOTATION)) {
    const message = `${subject.object} carries the tracking mark of something else (${mark}); it is replaced`
    problems.push(problem('HF3008', message, subject))
  }
  for (const refused of readObjectOptions(written).refused) {
    problems.push(problem('HF2002', `${subject.object}: ${refused} is not supported yet`, subject))
  }
  if (readWave(written) === null) {
    problems.push(problem('HF3007', `${subject.object}: sync-wave is not a whole number; 0 is used`, subject))
  }
  return problems
}

/** The declared status, where `ignoreResourceStatusField` wants it compared. */
function comparedStatus({ status }: KubeObject, { group, kind }: ObjectRef, settings: Settings): Json | undefined {
  const isCrd = group === 'apiextensions.k8s.io' && kind === 'CustomResourceDefinition'
  const ignored = settings.ignoreStatus === 'all' || (settings.ignoreStatus === 'crd' && isCrd)
  return ignored || status === undefined || status === null ? undefined : (status as Json)
}

function finish(item: RenderedObject, ref: ObjectRef, context: DesiredContext): TakenIn {
  const subject = subjectOf(context, item, ref)
  const clean = cleanObject(item.object, ref.group)
  const folded = isSecret(ref) ? foldStringData(clean) : clean
  if (typeof folded === 'string') return left('HF3007', `${subject.object} cannot be used: ${folded}`, subject)
  const object = marked(folded, ref, context)
  const status = comparedStatus(item.object, ref, context.settings)
  const serverWritten = serverWrittenIn(item.object)
  const taken: DesiredObject = {
    ref,
    object,
    ...(status === undefined ? {} : { status }),
    ...(serverWritten.size === 0 ? {} : { serverWritten }),
    digest: digestOf(status === undefined ? object : { ...object, status }),
    origin: item.origin,
    wave: readWave(clean) ?? 0,
    options: readObjectOptions(clean).options,
    secret: isSecret(ref),
  }
  return { result: 'taken', object: taken, problems: remarks(clean, object, subject) }
}

/** Places the object and asks the project about it. */
function place(item: RenderedObject, ref: ObjectRef, context: DesiredContext): TakenIn {
  const subject = subjectOf(context, item, ref)
  const scope = context.scopeOf(ref.group, ref.version, ref.kind)
  if (scope === undefined) {
    const message = `the server does not serve ${ref.kind} of ${item.object.apiVersion} (${subject.object})`
    return { result: 'unknown', problems: [problem('HF3002', message, subject)] }
  }
  const at = placed(ref, scope, context.definition.destinationNamespace)
  if (scope === 'Namespaced' && at.namespace === '') {
    const message = `${subject.object} has no namespace and spec.destination.namespace is not set`
    return left('HF3007', message, subject)
  }
  const denied = context.project === undefined ? null : projectAllowsObject(context.project, at, scope)
  if (denied === null) return finish(item, at, context)
  return { result: 'left', problems: [{ ...denied, subject: { ...subject, ...denied.subject } }] }
}

/** Takes one rendered object into the desired set, or says why not. Does not change it. */
export function takeIn(item: RenderedObject, context: DesiredContext): TakenIn {
  const wrong = checkEnvelope(item.object)
  if (wrong !== null) return left('HF3007', `the object cannot be used: ${wrong}`, subjectOf(context, item))
  const clean = cleanObject(item.object, groupOf(item.object.apiVersion))
  const ref = refOf(clean)
  const scope = context.scopeOf(ref.group, ref.version, ref.kind)
  const at = scope === undefined ? ref : placed(ref, scope, context.definition.destinationNamespace)
  const subject = subjectOf(context, item, at)
  const hook = hookOf(clean)
  if (hook !== null) {
    const message = `${subject.object} is a hook (${hook}); hooks are not supported yet, it is left out`
    return { result: 'out', problems: [problem('HF3006', message, subject)] }
  }
  if (context.marks !== 'none' && isExcluded(context.settings.resources, ref)) {
    const message = `${subject.object} is left out: its kind is excluded (resource.exclusions, resource.inclusions)`
    return { result: 'out', problems: [problem('HF3020', message, subject)] }
  }
  if (ref.name !== '') return place(item, ref, context)
  if (clean.metadata.generateName === undefined) return left('HF3007', `${ref.kind} has no metadata.name`, subject)
  const message = `${ref.kind} has metadata.generateName ${clean.metadata.generateName} and no metadata.name`
  return left('HF3004', message, subject)
}

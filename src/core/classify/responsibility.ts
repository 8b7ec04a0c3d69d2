// Who is responsible: of a field (Git, a controller, Kubernetes, nobody), and whom to ask about an object.
import {
  type FieldOwnerRule,
  globMatches,
  type ObjectOwnerRule,
  type ObjectScope,
  type OwnershipMap,
} from '../definition/index.ts'
import { isMap, type Json, type KubeObject, type ObjectRef } from '../kube/index.ts'
import type { CodeownersMatch, CodeownersRule } from './codeowners.ts'

export type FieldOwnerKind = FieldOwnerRule['owner'] | 'kubernetes'

export interface FieldOwner {
  readonly kind: FieldOwnerKind
  /** By name, where it is known. */
  readonly name: string | null
  /** How that is known. */
  readonly source: string
  readonly runbook: string | null
}

function inScope(scope: ObjectScope, ref: ObjectRef): boolean {
  const fits = (glob: string, text: string): boolean => glob === '' || globMatches(glob, text)
  return (
    fits(scope.group, ref.group) &&
    fits(scope.kind, ref.kind) &&
    fits(scope.name, ref.name) &&
    fits(scope.namespace, ref.namespace)
  )
}

const unescaped = (segment: string): string => segment.replaceAll('~1', '/').replaceAll('~0', '~')

/** The value holds something at the path, as far as its own members go. */
function holds(value: Json | undefined, [name, ...rest]: readonly string[]): boolean {
  if (name === undefined) return value !== undefined
  if (Array.isArray(value)) {
    const items = value as readonly Json[]
    return name === '*' ? items.some((item) => holds(item, rest)) : holds(items[Number(name)], rest)
  }
  if (!isMap(value)) return false
  if (name === '*') return Object.values(value).some((member) => holds(member, rest))
  return Object.hasOwn(value, name) && holds(value[name], rest)
}

export interface OwnedPlace {
  /** RFC 6901. */
  readonly pointer: string
  readonly desired?: Json | undefined
  readonly live?: Json | undefined
}

/** The pattern names the place, or what lies above it; nobody's own is touched too where a value holds it that came whole. */
function covers(
  pattern: readonly string[],
  { pointer, desired, live }: OwnedPlace,
  owner: FieldOwnerRule['owner'],
): boolean {
  const segments = pointer.split('/').slice(1).map(unescaped)
  const shared = Math.min(pattern.length, segments.length)
  for (let index = 0; index < shared; index += 1)
    if (pattern[index] !== '*' && pattern[index] !== segments[index]) return false
  if (segments.length >= pattern.length) return true
  const rest = pattern.slice(segments.length)
  return owner === 'nobody' && (holds(live, rest) || holds(desired, rest))
}

const SERVER_FIELDS =
  /^\/(?:status(?:\/|$)|metadata\/(?:uid|resourceVersion|generation|creationTimestamp|managedFields|selfLink|deletionTimestamp|deletionGracePeriodSeconds)(?:\/|$)|(?:apiVersion|kind)$)/

/** By declaration; else what the server itself keeps; else Git's. */
export function fieldOwnerOf(ref: ObjectRef, place: OwnedPlace, map: OwnershipMap): FieldOwner {
  for (const rule of map.fields) {
    if (!inScope(rule, ref) || !rule.pointers.some((pointer) => covers(pointer, place, rule.owner))) continue
    return { kind: rule.owner, name: rule.by, source: rule.id, runbook: rule.runbook }
  }
  if (SERVER_FIELDS.test(place.pointer))
    return { kind: 'kubernetes', name: 'the API server', source: 'builtin/server-fields', runbook: null }
  return { kind: 'git', name: null, source: 'builtin/declared-in-git', runbook: null }
}

/** Whom to ask about an object. */
export interface Owner {
  readonly name: string
  readonly contact: string | null
  /** Who may decide, where that is somebody else. */
  readonly decides: string | null
  readonly runbook: string | null
  /** How that is known. */
  readonly source: string
}

type Texts = Readonly<Record<string, string>>

/** Something that may carry the marks of an owner. */
export interface Marked {
  /** As it is told, e.g. `Namespace prod`. */
  readonly what: string
  readonly labels?: Texts
  readonly annotations?: Texts
}

/** What an application's objects have in common. */
export interface OwnerSources {
  readonly project: string
  readonly application: Marked | null
  readonly appProject: Marked | null
  /** Of the first source's repository; `sources`: those that lie in it too, absent = all. */
  readonly codeowners: {
    readonly file: string
    readonly rules: readonly CodeownersRule[]
    readonly sources?: readonly number[]
  } | null
}

export const NO_OWNERS: OwnerSources = { project: '', application: null, appProject: null, codeowners: null }

export interface OwnerContext extends Omit<OwnerSources, 'codeowners'> {
  readonly map: OwnershipMap
  /** `namespace/name`. */
  readonly app: string
  readonly namespace: Marked | null
  /** Of the file that declares the object. */
  readonly codeowners: CodeownersMatch | null
  /** How the CODEOWNERS file is told, e.g. `.github/CODEOWNERS`. */
  readonly codeownersFile: string
}

/** In this order; the first that is there names the owner. Annotations go before labels: they hold any text. */
const OWNER_MARKS = [
  'holdfast.dev/owner',
  'backstage.io/owner',
  'app.kubernetes.io/owner',
  'owner',
  'team',
  'app.kubernetes.io/team',
  'contact',
] as const
const CONTACT_MARKS = ['holdfast.dev/contact', 'a8r.io/chat', 'a8r.io/support', 'contact', 'slack-channel'] as const
const DECIDER_MARKS = ['holdfast.dev/decides', 'holdfast.dev/approver'] as const
const RUNBOOK_MARKS = ['holdfast.dev/runbook', 'a8r.io/runbook', 'runbook', 'runbook-url'] as const
/** https://ambassadorlabs.github.io/k8s-for-humans/: `a8r.io/owner` names a person or team. */
const ALL_OWNER_MARKS: readonly string[] = [...OWNER_MARKS.slice(0, 2), 'a8r.io/owner', ...OWNER_MARKS.slice(2)]

const MARKS: readonly string[] = [
  ...new Set([...ALL_OWNER_MARKS, ...CONTACT_MARKS, ...DECIDER_MARKS, ...RUNBOOK_MARKS]),
]

/** Of labels or annotations, those that may say something of an owner. */
export function ownerTexts(texts: Texts | undefined): Texts {
  const found = MARKS.filter((name) => texts !== undefined && Object.hasOwn(texts, name))
  return Object.fromEntries(found.map((name) => [name, texts?.[name] ?? '']))
}

export function markedBy(what: string, { metadata }: KubeObject): Marked {
  return { what, labels: ownerTexts(metadata.labels), annotations: ownerTexts(metadata.annotations) }
}

const MAX_TEXT = 300

function markOf(of: Marked, names: readonly string[]): { readonly text: string; readonly where: string } | null {
  for (const name of names) {
    for (const [kind, texts] of [
      ['annotation', of.annotations],
      ['label', of.labels],
    ] as const) {
      const text: unknown = texts !== undefined && Object.hasOwn(texts, name) ? texts[name] : undefined
      if (typeof text === 'string' && text.trim() !== '')
        return { text: text.trim().slice(0, MAX_TEXT), where: `${kind} ${name} of ${of.what}` }
    }
  }
  return null
}

/** Only what can be opened in a browser: everything else is a text of somebody's. */
function linkOf(text: string | null): string | null {
  return text !== null && /^https?:\/\/[^\s]+$/.test(text) ? text : null
}

function nearest(all: readonly Marked[], names: readonly string[]): string | null {
  for (const of of all) {
    const found = markOf(of, names)
    if (found !== null) return found.text
  }
  return null
}

function declaredFor(ref: ObjectRef, { map, app, project }: OwnerContext): ObjectOwnerRule | null {
  const name = app.slice(app.indexOf('/') + 1)
  const any = (globs: readonly string[], ...texts: string[]): boolean =>
    globs.length === 0 || globs.some((glob) => texts.some((text) => globMatches(glob, text)))
  const rule = map.owners.find((one) => inScope(one, ref) && any(one.apps, app, name) && any(one.projects, project))
  return rule ?? null
}

function ownMarks(ref: ObjectRef, { metadata }: KubeObject): Marked {
  const what = `${ref.kind} ${ref.namespace === '' ? '' : `${ref.namespace}/`}${ref.name}`
  return { what, labels: metadata.labels ?? {}, annotations: metadata.annotations ?? {} }
}

/** The object, the declaration, its application, CODEOWNERS, the project, the namespace: the first that names somebody. */
export function ownerOf(ref: ObjectRef, object: KubeObject | null, context: OwnerContext): Owner | null {
  const own = object === null ? null : ownMarks(ref, object)
  const present = [own, context.application, context.appProject, context.namespace].filter((one) => one !== null)
  const rule = declaredFor(ref, context)
  const found = namedOwner({ own, rule, context })
  if (found === null) return null
  return {
    ...found,
    contact: rule?.contact ?? nearest(present, CONTACT_MARKS),
    decides: rule?.decides ?? nearest(present, DECIDER_MARKS),
    runbook: linkOf(rule?.runbook ?? nearest(present, RUNBOOK_MARKS)),
  }
}

function namedOwner(of: {
  readonly own: Marked | null
  readonly rule: ObjectOwnerRule | null
  readonly context: OwnerContext
}): Pick<Owner, 'name' | 'source'> | null {
  const { own, rule, context } = of
  const byMark = (marked: Marked | null): Pick<Owner, 'name' | 'source'> | null => {
    const found = marked === null ? null : markOf(marked, ALL_OWNER_MARKS)
    return found === null ? null : { name: found.text, source: found.where }
  }
  const { codeowners, codeownersFile } = context
  const byFile =
    codeowners === null || codeowners.owners.length === 0
      ? null
      : {
          name: codeowners.owners.join(' '),
          source: `${codeownersFile}:${codeowners.rules.map(({ line }) => line).join(',')}`,
        }
  return (
    byMark(own) ??
    (rule === null ? null : { name: rule.owner, source: rule.id }) ??
    byMark(context.application) ??
    byFile ??
    byMark(context.appProject) ??
    byMark(context.namespace)
  )
}

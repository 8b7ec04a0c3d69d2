// One object's verdicts → at most one write.
import type { Ownership } from '../classify/index.ts'
import type { FieldChange, IgnoredChange } from '../compare/index.ts'
import type { Verdict } from '../decide/index.ts'
import type { DesiredObject } from '../desired/index.ts'
import { type FieldPath, formatPointer, type JsonMap, type KubeObject } from '../kube/index.ts'
import type { ObjectSchema } from '../merge/index.ts'
import { applyBody, type Carried } from './body.ts'
import { type ClaimInput, claimPatch, needsClaim } from './claim.ts'
import type { ApplyStep, StepReason } from './step.ts'

export interface ObjectPlanInput {
  readonly desired: DesiredObject
  readonly live: KubeObject | null
  readonly schema: ObjectSchema
  readonly ownership: Ownership | null
  readonly fields: readonly { readonly field: FieldChange; readonly verdict: Verdict }[]
  readonly ignored: readonly IgnoredChange[]
  /** The whole object is missing and may be created. */
  readonly create: boolean
  /** Enforcement is on and our bookkeeping is missing: apply even if nothing differs. */
  readonly adopt: boolean
  readonly nowIso: string
}

function creation({ desired }: ObjectPlanInput): ApplyStep {
  return {
    kind: 'apply',
    ref: desired.ref,
    reason: 'create',
    body: desired.object,
    guard: null,
    claim: null,
    paths: [],
  }
}

function reasonOf(input: ObjectPlanInput, heals: readonly { verdict: Verdict }[]): StepReason {
  if (heals.length === 0) return 'takeover'
  if (heals.some(({ verdict }) => verdict.because === 'drift')) return 'heal'
  return input.ownership?.ours === undefined ? 'takeover' : 'sync'
}

/** An apply that leaves out what we alone own removes it, or resets it to its default. */
function solelyOurs(path: FieldPath, ownership: Ownership | null): boolean {
  const owners = ownership?.owners(path) ?? []
  return owners.length > 0 && owners.every(({ ours }) => ours)
}

/** Items without a name stand in a list that an apply replaces whole: what is left out of it is removed. */
function insideAtomic(path: FieldPath): boolean {
  return path.some(({ kind }) => kind === 'index')
}

/** Values of ignored, delegated and not permitted paths stay as they are: an apply would overwrite or remove them. */
function carriedOf(input: ObjectPlanInput): Carried[] {
  const ignored = input.ignored.filter(({ carry }) => carry)
  const refused = input.fields.filter(({ verdict }) => !verdict.permitted).map(({ field }) => field)
  return [...ignored, ...refused]
    .filter(({ change, path }) => change !== 'added' || insideAtomic(path) || solelyOurs(path, input.ownership))
    .map(({ path, live }) => ({ path, live }))
}

/**
 * What is removed to be rid of what only live has. Inside an item that Git does not declare it is the item: without one value
 * it may be none any more (a container without image), and what admission adds it adds whole.
 */
function removalOf(path: FieldPath, desired: KubeObject): FieldPath {
  const root = desired as unknown as JsonMap
  const at = path.findIndex(
    ({ kind }, index) => kind !== 'field' && formatPointer(root, path.slice(0, index + 1)) === undefined,
  )
  return at < 0 ? path : path.slice(0, at + 1)
}

/** The step for one object that Git declares; null when nothing is to be written. */
export function planObject(input: ObjectPlanInput): ApplyStep | null {
  if (input.live === null) return input.create ? creation(input) : null
  const heals = input.fields.filter(({ verdict }) => verdict.permitted && verdict.response === 'heal')
  if ((heals.length === 0 && !input.adopt) || input.ownership === null) return null
  const { live } = input
  const body = applyBody(input.desired.object, carriedOf(input))
  const added = heals.flatMap(({ field }) => (field.change === 'added' ? [field.path] : (field.within ?? [])))
  const remove = added.map((path) => removalOf(path, input.desired.object))
  const claim: ClaimInput = { live, ownership: input.ownership, schema: input.schema, body, remove, now: input.nowIso }
  return {
    kind: 'apply',
    ref: input.desired.ref,
    reason: reasonOf(input, heals),
    body,
    guard: { uid: live.metadata.uid ?? '', resourceVersion: live.metadata.resourceVersion ?? '' },
    claim: needsClaim(claim) ? claimPatch(claim) : null,
    paths: heals.map(({ field }) => field.at),
  }
}

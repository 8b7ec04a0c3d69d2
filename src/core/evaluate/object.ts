// One object: compare → classify → decide → plan, on one page.
import {
  type Cause,
  type CauseContext,
  classifyField,
  classifyObject,
  concernOf,
  type FieldOwner,
  fieldOwnerOf,
  type Owner,
  type Ownership,
  ownershipOf,
} from '../classify/index.ts'
import {
  compare,
  type Comparison,
  type FieldChange,
  type IgnoredChange,
  overreach,
  UNSTABLE,
} from '../compare/index.ts'
import { decideExtra, decideField, decideMissing, decisionOn, fights, type Verdict } from '../decide/index.ts'
import { NO_OWNERSHIP, TAKEOVER_ANNOTATION } from '../definition/index.ts'
import { isMissingMark } from '../desired/index.ts'
import { healthOf } from '../health/index.ts'
import { controllerOf, formatRef, type KubeObject } from '../kube/index.ts'
import { type ApplyStep, planObject } from '../plan/index.ts'
import { type Problem, problem } from '../problem/index.ts'
import { around, wholeContext } from './around.ts'
import { fingerprintOf } from './fingerprint.ts'
import { askedOf } from './owner.ts'
import { auditOf, deletionOf, windowOf } from './asked-of-audit.ts'
import type { AppContext, EvaluatedField, ObjectEvaluation, ObjectSnapshot } from './types.ts'

const NOTHING = {
  fields: [],
  ignored: [],
  whole: null,
  question: false,
  wanted: [],
  step: null,
  prune: false,
  takeover: null,
  health: null,
  owner: null,
  webhooks: [],
  problems: [],
} as const

const MISSING = { status: 'Missing', message: '' } as const

function mayWrite({ permissions }: AppContext): boolean {
  return permissions.blocked === null && permissions.readOnly !== true
}

/** Enforcement begins: our bookkeeping is not there yet and was never before. */
function begins(app: AppContext, snapshot: ObjectSnapshot, ownership: Ownership): boolean {
  return mayWrite(app) && !snapshot.history.enforced && ownership.ours === undefined
}

function brokenRule(app: AppContext, snapshot: ObjectSnapshot): Problem | null {
  return app.ignore.of(snapshot.ref).find(({ problem: broken }) => broken !== null)?.problem ?? null
}

/** Git's side, where it declares the object. */
function declared(snapshot: ObjectSnapshot): NonNullable<ObjectSnapshot['desired']> {
  return snapshot.desired as NonNullable<ObjectSnapshot['desired']>
}

interface Seen {
  readonly app: AppContext
  readonly snapshot: ObjectSnapshot
  readonly live: KubeObject
  readonly ownership: Ownership
  readonly comparison: Comparison
  readonly beginning: boolean
  readonly ruleBroken: Problem | null
  readonly around: CauseContext
  /** Found when it is first asked for. */
  readonly owner: () => Owner | null
}

interface Known extends Owned {
  readonly cause: Cause
  readonly window: EvaluatedField['window']
  readonly fingerprint: string
  /** Number of the decision about what was there before; -1 = nobody decided. */
  readonly decided: number
}

function know(seen: Seen, { field, ownedBy }: Owned): Known {
  const { app, snapshot, ownership } = seen
  const print = fingerprintOf(app, snapshot.ref, field)
  const window = windowOf(snapshot, seen.live, { at: field.at, print })
  const found: Cause = classifyField(field, ownership, { ...seen.around, ...auditOf(snapshot, window) })
  const author = found.confidence === 'unknown' ? (snapshot.history.authors.get(field.at) ?? found) : found
  const preExisting = field.change === 'added' && (seen.beginning || snapshot.history.preExisting.has(field.at))
  const cause = { ...author, preExisting, owner: author.owner ?? seen.owner()?.name ?? null }
  const { manager, time } = cause.actor
  const decided =
    field.change === 'added' ? decisionOn(app.takeover ?? [], { at: field.at, manager, time, preExisting }) : -1
  return { field, ownedBy, cause, window, fingerprint: print, decided }
}

function judge(seen: Seen, { field, ownedBy, cause, window, fingerprint, decided }: Known): EvaluatedField {
  const { app, snapshot } = seen
  const verdict: Verdict = decideField({
    field,
    cause,
    permissions: app.permissions,
    preExisting: cause.preExisting && app.takeover?.[decided]?.decision !== 'heal',
    fighting: fights(snapshot.history.fights.get(field.at), snapshot.now),
    ruleBroken: seen.ruleBroken !== null,
    contested: snapshot.contender !== null,
    unproven: seen.comparison.doubtful,
    ownedBy: ownedBy.kind,
  })
  const firstSeen = snapshot.history.firstSeen.get(fingerprint) ?? new Date(snapshot.now).toISOString()
  const concern = concernOf(snapshot.ref, field.path)
  return { field, concern, cause, ownedBy, verdict, fingerprint, firstSeen, window }
}

/** Under enforcement every object we sync carries our bookkeeping; one whose bookkeeping was emptied gets it again. */
function adopts(seen: Seen): boolean {
  const { permissions } = seen.app
  const { declaredOnly, leave } = declared(seen.snapshot).options
  if (declaredOnly || (leave !== null && leave.what !== 'additions')) return false
  if (
    seen.ownership.ours !== undefined ||
    !mayWrite(seen.app) ||
    seen.snapshot.contender !== null ||
    seen.ruleBroken !== null
  )
    return false
  return (
    permissions.requested !== null ||
    (permissions.automated.enabled && (permissions.syncPending || permissions.automated.selfHeal))
  )
}

/**
 * Taking over restarts nothing and changes no generation. The API server counts a Deployment's annotations into its
 * generation, so a mark that is all there is to write waits for the next write. A mark that was there and is removed
 * later is drift like any other.
 */
function deferredMark(
  seen: Seen,
  judged: readonly EvaluatedField[],
): { field: FieldChange; ignored: IgnoredChange } | null {
  const { ref, history } = seen.snapshot
  if (ref.group !== 'apps' || ref.kind !== 'Deployment') return null
  const mark = judged.find(({ field }) => isMissingMark(field))
  if (mark === undefined || !(seen.beginning || history.preExisting.has(mark.field.at))) return null
  if (judged.some((other) => other !== mark && other.verdict.permitted)) return null
  return {
    field: mark.field,
    ignored: { ...mark.field, rule: 'builtin/mark-deferred', owner: 'holdfast', carry: true },
  }
}

function wiped(seen: Seen): Problem[] {
  // A namespace that is only declared holds no field of ours to begin with.
  if (seen.snapshot.desired?.options.declaredOnly === true) return []
  if (!seen.snapshot.history.enforced || !seen.ownership.empty) return []
  const object = formatRef(seen.snapshot.ref)
  return [
    problem(
      'HF5003',
      `managedFields of ${object} were emptied: whoever wrote last cannot be named.`,
      { object },
      'Look for the writer in the audit log; Holdfast restores its own bookkeeping.',
    ),
  ]
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}

function see(app: AppContext, snapshot: ObjectSnapshot, live: KubeObject): Seen {
  const ownership = ownershipOf(live)
  const { status: declaredStatus } = declared(snapshot)
  const comparison = compare(
    {
      ref: snapshot.ref,
      desired: declared(snapshot).object,
      ...(declaredStatus === undefined ? {} : { declaredStatus }),
      live,
      schema: snapshot.schema,
      normalForm: snapshot.normalForm,
      formBefore: snapshot.formBefore ?? null,
      ignore: app.ignore,
      neighbours: snapshot.neighbours,
      managersOf: (path) => ownership.owners(path).map(({ entry }) => entry.manager ?? ''),
      emptied: snapshot.history.enforced && ownership.empty,
    },
    snapshot.rules,
  )
  const ruleBroken = brokenRule(app, snapshot) ?? comparison.brokenRule
  return {
    app,
    snapshot,
    live,
    ownership,
    comparison,
    beginning: begins(app, snapshot, ownership),
    ruleBroken,
    around: around(app, snapshot, live),
    owner: once(() => askedOf(app, snapshot, live)),
  }
}

interface Owned {
  readonly field: FieldChange
  readonly ownedBy: FieldOwner
}

/** What the installation declares a controller's own is left to it. */
function leftTo({ field, ownedBy }: Owned): IgnoredChange {
  return { ...field, rule: ownedBy.source, owner: ownedBy.name ?? 'controller', carry: true }
}

/** Somebody looked at it and lets it be. */
const isAccepted = ({ app }: Seen, { decided }: Known): boolean => app.takeover?.[decided]?.decision === 'accept'

function acceptedAs({ field, decided }: Known): IgnoredChange {
  return { ...field, rule: `${TAKEOVER_ANNOTATION}[${decided}]`, owner: null, carry: true }
}

interface Judged {
  readonly fields: readonly EvaluatedField[]
  readonly ignored: readonly IgnoredChange[]
  /** Path texts of what stays as it was when enforcement began. */
  readonly preExisting: readonly string[]
}

/** What the declared object asks to be left alone. What Holdfast itself brought in and Git dropped is stale all the same. */
function leftAlone({ snapshot, ownership }: Seen, field: FieldChange): IgnoredChange | null {
  const { leave } = declared(snapshot).options
  if (leave === null) return null
  const others = field.change === 'added' && !ownership.owners(field.path).some(({ ours }) => ours)
  if (leave.what === 'additions' && !others) return null
  return { ...field, rule: leave.rule, owner: null, carry: true }
}

function judgeAll(seen: Seen): Judged {
  const { declaredOnly } = declared(seen.snapshot).options
  const { map } = seen.app.ownership ?? NO_OWNERSHIP
  const left = seen.comparison.fields.flatMap((field) => leftAlone(seen, field) ?? [])
  const owned = seen.comparison.fields
    .filter((field) => (!declaredOnly || field.change !== 'added') && leftAlone(seen, field) === null)
    .map((field) => ({ field, ownedBy: fieldOwnerOf(seen.snapshot.ref, field, map) }))
  const known = owned.filter(({ ownedBy }) => ownedBy.kind !== 'controller').map((one) => know(seen, one))
  const accepted = known.filter((one) => isAccepted(seen, one))
  const judged = known.filter((one) => !isAccepted(seen, one)).map((one) => judge(seen, one))
  const deferred = deferredMark(seen, judged)
  const fields = judged.filter(({ field }) => field !== deferred?.field)
  const stays = [...accepted, ...fields.filter(({ verdict }) => !verdict.permitted)]
  const preExisting = stays.filter(({ cause }) => cause.preExisting).map(({ field }) => field.at)
  const declaredElsewhere = owned.filter(({ ownedBy }) => ownedBy.kind === 'controller').map(leftTo)
  const ignored = [...seen.comparison.ignored, ...left, ...declaredElsewhere, ...accepted.map(acceptedAs)]
  if (deferred === null) return { fields, ignored, preExisting }
  return { fields, ignored: [...ignored, deferred.ignored], preExisting: [...preExisting, deferred.field.at] }
}

function stepFor(seen: Seen, { fields, ignored }: Judged): ApplyStep | null {
  return planObject({
    desired: declared(seen.snapshot),
    live: seen.live,
    schema: seen.snapshot.schema,
    ownership: seen.ownership,
    fields,
    ignored,
    create: false,
    adopt: adopts(seen),
    nowIso: new Date(seen.snapshot.now).toISOString().replace(/\.\d+Z$/, 'Z'),
  })
}

function present(app: AppContext, snapshot: ObjectSnapshot, live: KubeObject): ObjectEvaluation {
  const seen = see(app, snapshot, live)
  const judged = judgeAll(seen)
  const { fields, ignored } = judged
  const mayAsk = snapshot.question === 'open' && !declared(snapshot).options.declaredOnly
  const question = seen.comparison.doubtful && mayAsk
  const { wanted } = seen.comparison
  const step = question || wanted.length > 0 ? null : stepFor(seen, judged)
  const inSync = fields.length === 0
  return {
    ...NOTHING,
    ref: snapshot.ref,
    status: inSync ? 'Synced' : 'OutOfSync',
    difference: inSync ? null : 'changed',
    fields,
    ignored,
    question,
    wanted,
    step,
    takeover: seen.beginning && step !== null ? judged.preExisting : null,
    health: healthOf(live),
    owner: inSync ? null : seen.owner(),
    webhooks: seen.around.webhooks,
    problems: [
      ...(seen.ruleBroken === null ? [] : [seen.ruleBroken]),
      ...wiped(seen),
      ...contested(snapshot),
      ...shared(app, snapshot),
      ...controlled(seen),
      ...unanswered(seen),
      ...unstable(seen),
      ...overreaching(seen),
    ],
  }
}

/** A rule that names a whole region hides there what somebody should know of. */
function overreaching({ app, snapshot, comparison }: Seen): Problem[] {
  const wide = new Map<string, string[]>()
  for (const change of comparison.ignored) {
    if (change.rule.startsWith('builtin/')) continue
    const hidden = overreach(change, snapshot.schema)
    if (hidden.length > 0) wide.set(change.rule, [...(wide.get(change.rule) ?? []), ...hidden])
  }
  const object = formatRef(snapshot.ref)
  return [...wide].map(([rule, paths]) => {
    const more = paths.length > 3 ? ` and ${paths.length - 3} more` : ''
    const message = `${rule} hides ${paths.slice(0, 3).join(', ')}${more} of ${object}, which it does not name.`
    return problem('HF2010', message, { app: app.app, object, path: rule })
  })
}

/** What a controller makes for its own object is that controller's: declared as well, two write it. */
function controlled({ snapshot, live }: Seen): Problem[] {
  const owner = controllerOf(live)
  if (owner === null || declared(snapshot).object.metadata.ownerReferences !== undefined) return []
  const object = formatRef(snapshot.ref)
  return [problem('HF3009', `${object} is made by ${owner.kind} ${owner.name} and is declared as well.`, { object })]
}

function unstable({ snapshot, comparison }: Seen): Problem[] {
  const paths = comparison.ignored.filter(({ rule }) => rule === UNSTABLE).map(({ at }) => at)
  if (paths.length === 0) return []
  const object = formatRef(snapshot.ref)
  return [
    problem('HF5004', `Admission writes another value at ${paths.join(', ')} of ${object} each time.`, { object }),
  ]
}

/** What is left could be the server’s own doing, and the server would not say. */
function unanswered({ snapshot, comparison }: Seen): Problem[] {
  if (snapshot.question !== 'refused' || !comparison.doubtful || snapshot.refusal === undefined) return []
  const object = formatRef(snapshot.ref)
  const message = `The server was asked what it makes of ${object} and did not answer: ${snapshot.refusal}`
  return [problem('HF5002', message, { object })]
}

/** Told, and no reason to leave the object alone: marks are easily forged. Who really writes against us is a fight. */
function shared({ app }: AppContext, { ref, otherDeliverers = [] }: ObjectSnapshot): Problem[] {
  if (otherDeliverers.length === 0) return []
  const object = formatRef(ref)
  const message = `${object} is declared by Application ${app} and is delivered by ${otherDeliverers.join(' and ')} as well.`
  return [problem('HF3013', message, { object })]
}

function contested(snapshot: ObjectSnapshot): Problem[] {
  if (snapshot.contender === null) return []
  const object = formatRef(snapshot.ref)
  return [
    problem('HF3005', `${object} is also declared by application ${snapshot.contender}, to which it belongs.`, {
      object,
    }),
  ]
}

const ownedCause = (cause: Cause, owner: Owner | null): Cause => ({
  ...cause,
  owner: cause.owner ?? owner?.name ?? null,
})

function missing(app: AppContext, snapshot: ObjectSnapshot): ObjectEvaluation {
  const desired = declared(snapshot)
  if (desired.options.leave?.what === 'everything')
    return { ...NOTHING, ref: snapshot.ref, status: 'Synced', difference: null, health: MISSING }
  const owner = askedOf(app, snapshot, null)
  const verdict = decideMissing(app.permissions, { contested: snapshot.contender !== null })
  const step = planObject({
    desired,
    live: null,
    schema: snapshot.schema,
    ownership: null,
    fields: [],
    ignored: [],
    create: verdict.permitted,
    adopt: false,
    nowIso: '',
  })
  return {
    ...NOTHING,
    ref: snapshot.ref,
    status: 'OutOfSync',
    difference: 'missing',
    whole: {
      cause: ownedCause(
        classifyObject('missing', { ...wholeContext(app, snapshot.ref), ...deletionOf(snapshot) }),
        owner,
      ),
      verdict,
    },
    owner,
    step,
    takeover: step === null ? null : [],
    health: MISSING,
    problems: contested(snapshot),
  }
}

/** What a controller made its own is that controller's, once Git declares it no longer: neither drift nor to be pruned. */
const isLetGo = (live: KubeObject): boolean => controllerOf(live) !== null

function extra(app: AppContext, snapshot: ObjectSnapshot, live: KubeObject): ObjectEvaluation {
  const owner = askedOf(app, snapshot, live)
  const verdict = decideExtra(app.permissions, { protected: snapshot.pruneProtected })
  return {
    ...NOTHING,
    ref: snapshot.ref,
    status: 'OutOfSync',
    difference: 'extra',
    whole: { cause: ownedCause(classifyObject('extra', wholeContext(app, snapshot.ref)), owner), verdict },
    owner,
    prune: verdict.permitted && verdict.response === 'prune',
    health: healthOf(live),
  }
}

/** The evaluation of one object. Pure: the same snapshot always gives the same answer. */
export function evaluateObject(app: AppContext, snapshot: ObjectSnapshot): ObjectEvaluation {
  const { live, desired } = snapshot
  if (live.state === 'unknown')
    return { ...NOTHING, ref: snapshot.ref, status: 'Unknown', difference: null, problems: live.problems }
  if (desired === null) {
    return live.value === null || isLetGo(live.value)
      ? { ...NOTHING, ref: snapshot.ref, status: 'Synced', difference: null }
      : extra(app, snapshot, live.value)
  }
  return live.value === null ? missing(app, snapshot) : present(app, snapshot, live.value)
}

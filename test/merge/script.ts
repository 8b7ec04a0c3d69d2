import type { Json } from '../../src/core/kube/index.ts'
import {
  applyValue,
  type Conflict,
  DEDUCED,
  encodeFieldsV1,
  FieldSet,
  type Managers,
  type TypeNode,
  updateManagers,
  validate,
  type Versions,
} from '../../src/core/merge/index.ts'
import type { Step } from './generate.ts'
import type { StepAnswer } from './oracle.ts'

interface State {
  readonly live: Json
  readonly managers: Managers
}

type Outcome = State & { readonly conflicts?: readonly Conflict[]; readonly error?: string }

function run(state: State, step: Step, versions: Versions): Outcome {
  const type = versions.type(step.version) ?? DEDUCED.root
  const { manager, version, force } = step
  const duplicates = step.op === 'update' ? 'allowed' : 'refused'
  const refused =
    validate(step.value, type, { duplicates })[0] ?? validate(state.live, type, { duplicates: 'allowed' })[0]
  if (refused !== undefined) return { ...state, error: refused.message }
  const write = { live: state.live, version, manager, managers: state.managers, versions }
  if (step.op === 'update') {
    return { live: step.value, managers: updateManagers({ ...write, next: step.value }).managers }
  }
  const applied = applyValue({ ...write, applied: step.value, force })
  if (applied.state === 'refused') return { ...state, error: applied.problem.message }
  return applied.state === 'conflict'
    ? { ...state, conflicts: applied.conflicts }
    : { live: applied.value, managers: applied.managers }
}

function describe(outcome: Outcome): StepAnswer {
  const managers = [...outcome.managers].map(
    ([name, { version, applied, set }]) => [name, { version, applied, fields: encodeFieldsV1(set) }] as const,
  )
  const conflicts: Record<string, FieldSet> = {}
  for (const { manager, path } of outcome.conflicts ?? [])
    conflicts[manager] = (conflicts[manager] ?? FieldSet.EMPTY).insert(path)
  return {
    live: outcome.live,
    managers: Object.fromEntries(managers),
    ...(outcome.conflicts === undefined
      ? {}
      : { conflicts: Object.fromEntries(Object.entries(conflicts).map(([name, set]) => [name, encodeFieldsV1(set)])) }),
    ...(outcome.error === undefined ? {} : { error: outcome.error }),
  }
}

/** Runs writes one after the other from the empty object; a refused one changes nothing. */
export function runScript(steps: readonly Step[], types: ReadonlyMap<string, TypeNode>): StepAnswer[] {
  const versions: Versions = { type: (version) => types.get(version), convert: (value) => value }
  let state: State = { live: {}, managers: new Map() }
  return steps.map((step) => {
    const outcome = run(state, step, versions)
    state = { live: outcome.live, managers: outcome.managers }
    return describe(outcome)
  })
}

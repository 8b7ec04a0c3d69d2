import type { KubeObject } from '../kube/index.ts'
import type { LeaveAlone, ObjectOptions } from './types.ts'

const DEFAULTS: ObjectOptions = {
  prune: true,
  pruneLast: false,
  delete: true,
  ignoreExtraneous: false,
  validate: true,
  declaredOnly: false,
  leave: null,
}

/** What one option does; `refused` also reports it. */
interface Effect {
  readonly set: Partial<ObjectOptions>
  readonly refused?: true
}

/**
 * Options of `argocd.argoproj.io/sync-options`. What asks for a confirmation that cannot be given yet is taken on the
 * safe side: the object stays.
 */
const SYNC_OPTIONS: Readonly<Record<string, Effect>> = {
  'Prune=true': { set: { prune: true } },
  'Prune=false': { set: { prune: false } },
  'Prune=confirm': { set: { prune: false }, refused: true },
  'PruneLast=true': { set: { pruneLast: true } },
  'PruneLast=false': { set: { pruneLast: false } },
  'Delete=true': { set: { delete: true } },
  'Delete=false': { set: { delete: false } },
  'Delete=confirm': { set: { delete: false }, refused: true },
  'Validate=true': { set: { validate: true } },
  'Validate=false': { set: { validate: false } },
  'ServerSideApply=true': { set: {} },
  'ClientSideApplyMigration=true': { set: {} },
  'SkipDryRunOnMissingResource=true': { set: {} },
  'SkipDryRunOnMissingResource=false': { set: {} },
  'ApplyOutOfSyncOnly=true': { set: {} },
  'ApplyOutOfSyncOnly=false': { set: {} },
  'Replace=false': { set: {} },
  'Force=false': { set: {} },
}

const COMPARE_OPTIONS: Readonly<Record<string, Effect>> = {
  IgnoreExtraneous: { set: { ignoreExtraneous: true } },
  // There is one way to compare, and admission has its say in it.
  'ServerSideDiff=true': { set: {} },
  'ServerSideDiff=false': { set: {} },
  'IncludeMutationWebhook=true': { set: {} },
  'IncludeMutationWebhook=false': { set: {} },
}

/** Flux reads these as labels and as annotations, their values in whatever case. */
const FLUX: readonly { readonly key: string; readonly value: string; readonly what: LeaveAlone['what'] }[] = [
  { key: 'kustomize.toolkit.fluxcd.io/reconcile', value: 'disabled', what: 'everything' },
  { key: 'kustomize.toolkit.fluxcd.io/ssa', value: 'Ignore', what: 'everything' },
  { key: 'helm.toolkit.fluxcd.io/driftDetection', value: 'disabled', what: 'differences' },
  { key: 'kustomize.toolkit.fluxcd.io/ssa', value: 'IfNotPresent', what: 'differences' },
  { key: 'kustomize.toolkit.fluxcd.io/ssa', value: 'Merge', what: 'additions' },
]

const FLUX_PRUNE = 'kustomize.toolkit.fluxcd.io/prune'

function isMarked({ metadata }: KubeObject, { key, value }: { key: string; value: string }): boolean {
  return [metadata.labels, metadata.annotations].some(
    (map) => map !== undefined && Object.hasOwn(map, key) && map[key]?.toLowerCase() === value.toLowerCase(),
  )
}

/** What Flux' marks on an object ask to be left alone; the widest wins. */
export function leaveOf(object: KubeObject): LeaveAlone | null {
  const mark = FLUX.find((each) => isMarked(object, each))
  return mark === undefined ? null : { what: mark.what, rule: `${mark.key}: ${mark.value}` }
}

/** Flux would not prune it. */
export function keptByFlux(object: KubeObject): boolean {
  return isMarked(object, { key: FLUX_PRUNE, value: 'disabled' }) || leaveOf(object)?.what === 'everything'
}

export function annotationOf(object: KubeObject, name: string): string | undefined {
  const { annotations } = object.metadata
  return annotations !== undefined && Object.hasOwn(annotations, name) ? annotations[name] : undefined
}

function listOf(text: string | undefined): readonly string[] {
  return (text ?? '').split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]))
}

export interface OptionsRead {
  readonly options: ObjectOptions
  /** `annotation: option` of every one that is not supported. */
  readonly refused: readonly string[]
}

/** Reads the object's own sync and compare options. */
export function readObjectOptions(object: KubeObject): OptionsRead {
  let options = DEFAULTS
  const refused: string[] = []
  const tables = {
    'argocd.argoproj.io/sync-options': SYNC_OPTIONS,
    'argocd.argoproj.io/compare-options': COMPARE_OPTIONS,
  }
  for (const [name, table] of Object.entries(tables)) {
    for (const option of listOf(annotationOf(object, name))) {
      const effect = Object.hasOwn(table, option) ? table[option] : undefined
      options = { ...options, ...effect?.set }
      if (effect === undefined || effect.refused === true) refused.push(`${name}: ${option}`)
    }
  }
  options = { ...options, leave: leaveOf(object) }
  if (keptByFlux(object)) options = { ...options, prune: false }
  if (annotationOf(object, 'helm.sh/resource-policy') === 'keep') options = { ...options, delete: false }
  return { options, refused }
}

/** The hook annotation that makes the object a hook, as `name: value`; null when it is an ordinary object. */
export function hookOf(object: KubeObject): string | null {
  const own = annotationOf(object, 'argocd.argoproj.io/hook')
  if (own !== undefined) return `argocd.argoproj.io/hook: ${own}`
  const helm = annotationOf(object, 'helm.sh/hook')
  return helm === undefined || helm === 'crd-install' ? null : `helm.sh/hook: ${helm}`
}

/** The sync wave; null when the annotation is not a whole number. Helm's hook weight stands in for a missing one. */
export function readWave(object: KubeObject): number | null {
  const text = annotationOf(object, 'argocd.argoproj.io/sync-wave')
  if (text !== undefined) return /^[+-]?\d{1,9}$/.test(text) ? Number(text) : null
  const weight = annotationOf(object, 'helm.sh/hook-weight') ?? ''
  return /^[+-]?\d{1,9}$/.test(weight) ? Number(weight) : 0
}

// Which live objects must not be pruned, whatever Git says?
import { isExcluded, type Settings } from '../core/definition/index.ts'
import { keptByFlux } from '../core/desired/index.ts'
import { formatRef, type KubeObject, type ObjectRef } from '../core/kube/index.ts'
import type { Problem } from '../core/problem/index.ts'

const HOOKS = ['argocd.argoproj.io/hook', 'helm.sh/hook']

export interface PruneContext {
  readonly ref: ObjectRef
  /** What was said of the desired set: hooks that Git declares are left out of it (HF3006). */
  readonly app: { readonly desiredProblems: readonly Problem[] }
  readonly settings: Pick<Settings, 'resources'>
}

/** Protected by its kind, its own sync option, or as a hook: hooks stay in the cluster until whoever runs them takes them away. */
export function isPruneProtected(live: KubeObject, { ref, app, settings }: PruneContext): boolean {
  if (isExcluded(settings.resources, ref)) return true
  const annotations = live.metadata.annotations ?? {}
  const options = (annotations['argocd.argoproj.io/sync-options'] ?? '').split(',').map((option) => option.trim())
  if (options.includes('Prune=false') || options.includes('Prune=confirm')) return true
  if (keptByFlux(live)) return true
  if (HOOKS.some((name) => annotations[name] !== undefined)) return true
  const object = formatRef(ref)
  return app.desiredProblems.some(({ code, subject }) => code === 'HF3006' && subject.object === object)
}

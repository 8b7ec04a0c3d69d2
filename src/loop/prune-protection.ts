import type { KubeObject } from '../core/kube/index.ts'

/** Says the live object itself that it must not be pruned? */
export function isPruneProtected(live: KubeObject): boolean {
  const options = live.metadata.annotations?.['argocd.argoproj.io/sync-options'] ?? ''
  return options.split(',').some((option) => ['Prune=false', 'Prune=confirm'].includes(option.trim()))
}

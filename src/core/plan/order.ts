// In which order objects are applied, and pruned.
import { applyOrder, type DesiredObject } from '../desired/index.ts'
import type { ObjectRef } from '../kube/index.ts'

/** Groups to be applied one after the other; what stands in one group may be applied at once. */
export function orderSteps<T extends Pick<DesiredObject, 'ref' | 'wave'>>(items: readonly T[]): T[][] {
  const groups = new Map<string, { rank: readonly [number, number]; items: T[] }>()
  for (const item of items) {
    const [wave, kind] = applyOrder(item.ref, item.wave)
    const rank = [wave, kind] as const
    const key = rank.join('/')
    const group = groups.get(key) ?? { rank, items: [] }
    group.items.push(item)
    groups.set(key, group)
  }
  return [...groups.values()].sort((a, b) => a.rank[0] - b.rank[0] || a.rank[1] - b.rank[1]).map((group) => group.items)
}

/** Prune last, in reverse order. */
export function orderDeletes<T extends { readonly ref: ObjectRef }>(items: readonly T[]): T[] {
  return orderSteps(items.map((item) => ({ ref: item.ref, wave: 0, item })))
    .flat()
    .reverse()
    .map(({ item }) => item)
}

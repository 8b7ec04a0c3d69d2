// Which orphans does a project not want to hear of?
import { globMatches, type OrphanedResources } from '../definition/index.ts'
import type { ObjectRef } from '../kube/index.ts'

export function isIgnoredOrphan({ ignore }: OrphanedResources, { group, kind, name }: ObjectRef): boolean {
  return ignore.some(
    (entry) =>
      (entry.kind === '' || globMatches(entry.kind, kind)) &&
      globMatches(entry.group, group) &&
      (entry.name === '' || globMatches(entry.name, name)),
  )
}

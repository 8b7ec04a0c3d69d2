import type { Json } from '../../src/core/kube/index.ts'
import type { FieldSet, TypeNode } from '../../src/core/merge/index.ts'
import { nameItems } from '../../src/core/merge/item.ts'
import { atomicValue, typeFor } from '../../src/core/merge/resolve.ts'

/**
 * The library looks inside a container that is itself a member with the set of the container's parent, and takes list
 * items that are members with something below twice. Its callers pass leaves only, where neither happens unless items
 * share a key or hold nothing that can be owned. Here a container is taken as far as the set reaches into it, once.
 */
export function extractsWithinMember(value: Json, set: FieldSet, type: TypeNode | undefined): boolean {
  const resolved = typeFor(type, value)
  if (typeof value !== 'object' || value === null || atomicValue(resolved)) return false
  if (Array.isArray(value)) {
    if (resolved.kind !== 'list') return false
    const elements = nameItems(resolved, value as readonly Json[])
    return elements.some((element, index) => {
      const entry = set.entry(element)
      if (entry === undefined) return false
      const item = (value as readonly Json[])[index] as Json
      return (entry.member && typeof item === 'object') || extractsWithinMember(item, entry.children, resolved.item)
    })
  }
  if (resolved.kind !== 'map') return false
  return Object.entries(value as Record<string, Json>).some(([name, member]) => {
    const entry = set.entries.get(`f:${name}`)
    if (entry === undefined) return false
    const memberType = typeFor(resolved.field(name), member)
    const container =
      typeof member === 'object' && member !== null && Object.keys(member).length > 0 && !atomicValue(memberType)
    return (entry.member && container) || extractsWithinMember(member, entry.children, resolved.field(name))
  })
}

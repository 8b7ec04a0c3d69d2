// Which object does another one belong to?
import { groupOf, isMap, type KubeObject, refKey } from '../kube/index.ts'

/** Where an owner is looked up. */
export interface Known {
  readonly byUid: ReadonlyMap<string, KubeObject>
  readonly byKey: ReadonlyMap<string, KubeObject>
  /** `group/Kind` of which every object was seen. */
  readonly surveyed: ReadonlySet<string>
}

/** `elsewhere`: it has an owner, which is not among what was looked at. */
export type Owner = KubeObject | 'elsewhere' | null

/** References that a server wrote are well formed; what came from elsewhere may be anything. */
function references(object: KubeObject): { apiVersion: string; kind: string; uid: string }[] {
  const listed: unknown = object.metadata.ownerReferences
  if (!Array.isArray(listed)) return []
  return listed.flatMap((one: unknown) =>
    isMap(one) && typeof one.apiVersion === 'string' && typeof one.kind === 'string' && typeof one.uid === 'string'
      ? [{ apiVersion: one.apiVersion, kind: one.kind, uid: one.uid }]
      : [],
  )
}

function referred(object: KubeObject, { byUid, surveyed }: Known): Owner {
  const named = references(object)
  const found = named.flatMap(({ uid }) => byUid.get(uid) ?? [])[0]
  if (found !== undefined) return found
  // An owner that would have been seen is not there: the reference leads nowhere.
  const outside = named.some(({ apiVersion, kind }) => !surveyed.has(`${groupOf(apiVersion)}/${kind}`))
  return outside ? 'elsewhere' : null
}

/** Volumes that a StatefulSet claims carry `<template>-<set>-<ordinal>` as their name, and mostly no owner. */
function claimant({ kind, metadata }: KubeObject, { byKey }: Known): Owner {
  if (kind !== 'PersistentVolumeClaim') return null
  const parts = /^(.+)-\d+$/.exec(metadata.name ?? '')?.[1]?.split('-') ?? []
  for (let from = 1; from < parts.length; from += 1) {
    const name = parts.slice(from).join('-')
    const set = byKey.get(refKey({ group: 'apps', kind: 'StatefulSet', namespace: metadata.namespace ?? '', name }))
    if (set !== undefined) return set
  }
  return null
}

/** cert-manager names the Certificate in the Secret that it writes for it. */
function certified({ kind, metadata }: KubeObject, { byKey }: Known): Owner {
  const name = metadata.annotations?.['cert-manager.io/certificate-name']
  if (kind !== 'Secret' || typeof name !== 'string') return null
  const namespace = metadata.namespace ?? ''
  return byKey.get(refKey({ group: 'cert-manager.io', kind: 'Certificate', namespace, name })) ?? null
}

export function ownerOf(object: KubeObject, known: Known): Owner {
  return referred(object, known) ?? claimant(object, known) ?? certified(object, known)
}

// Every file of test/cases/orphan is a namespace as it stands, and what nobody declares in it.
import { readdirSync, readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { type OrphanedResources, parseSettings } from '../../../src/core/definition/index.ts'
import { type KubeObject, objectKey } from '../../../src/core/kube/index.ts'
import {
  coexistences,
  findOrphans,
  foreignClaims,
  fluxDeliveries,
  helmReleases,
  isIgnoredOrphan,
  otherDeliverersOf,
  orphanWhy,
  type Tool,
} from '../../../src/core/orphan/index.ts'

interface Case {
  readonly title: string
  readonly trackingMethod?: string
  readonly installationID?: string
  readonly objects: readonly KubeObject[]
  /** `refKey` → who. */
  readonly held?: Readonly<Record<string, string>>
  readonly left?: Readonly<Record<string, string>>
  readonly pruned?: Readonly<Record<string, { app: string; time: string; revision: string }>>
  readonly applications?: readonly string[]
  readonly kustomizations?: readonly KubeObject[]
  readonly helmReleases?: readonly KubeObject[]
  readonly unseen?: readonly Tool[]
  readonly ignore?: OrphanedResources['ignore']
  /** `Kind name: why` */
  readonly orphans: readonly string[]
  /** Declared workloads and Services, for each orphan with a body. */
  readonly beside?: { readonly declared: readonly KubeObject[]; readonly services: readonly KubeObject[] }
  readonly coexist?: readonly string[]
  /** By the names of objects that Git declares: the labels and annotations that it gives them. */
  readonly declared?: Readonly<Record<string, { labels?: object; annotations?: object }>>
  /** `name: who`, of the declared ones that somebody else delivers too. */
  readonly shared?: readonly string[]
}

const FOLDER = new URL('../../cases/orphan/', import.meta.url)
const cases = readdirSync(FOLDER).map((file) => load(readFileSync(new URL(file, FOLDER), 'utf8')) as Case)

function settingsOf({ trackingMethod = '', installationID = '' }: Case) {
  const data = { 'application.resourceTrackingMethod': trackingMethod, installationID }
  const { value } = parseSettings({ apiVersion: 'v1', kind: 'ConfigMap', metadata: {}, data })
  if (value === null) throw new Error('settings')
  return value
}

function found(given: Case) {
  const flux = [
    ...fluxDeliveries(given.kustomizations ?? [], 'Kustomization'),
    ...fluxDeliveries(given.helmReleases ?? [], 'HelmRelease'),
  ]
  const held = Object.entries(given.held ?? {}).map(([key, by]): [string, string[]] => [key, [by]])
  const surveyed = given.objects.map(({ apiVersion, kind }) => {
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
    return `${group}/${kind}`
  })
  const applications = given.applications ?? []
  return findOrphans(given.objects, settingsOf(given), {
    held: new Map([
      ...held,
      ...flux.flatMap(({ name, held: keys }) => keys.map((key): [string, string[]] => [key, [name]])),
    ]),
    left: new Map(Object.entries(given.left ?? {})),
    pruned: new Map(Object.entries(given.pruned ?? {})),
    present: new Set([...applications, ...flux.map(({ name }) => name), ...helmReleases(given.objects)]),
    complete: new Set([...applications, ...flux.filter(({ complete }) => complete).map(({ name }) => name)]),
    unseen: new Set(given.unseen ?? []),
    surveyed: new Set(surveyed),
  }).filter(({ ref }) => given.ignore === undefined || !isIgnoredOrphan({ warn: true, ignore: given.ignore }, ref))
}

function shared({ objects, declared = {}, ...given }: Case): string[] {
  const flux = [
    ...fluxDeliveries(given.kustomizations ?? [], 'Kustomization'),
    ...fluxDeliveries(given.helmReleases ?? [], 'HelmRelease'),
  ]
  const known = {
    held: new Map(flux.flatMap(({ name, held }) => held.map((key): [string, string[]] => [key, [name]]))),
    present: new Set([...flux.map(({ name }) => name), ...helmReleases(objects)]),
    complete: new Set(flux.filter(({ complete }) => complete).map(({ name }) => name)),
    suspended: new Set(flux.filter(({ suspended }) => suspended).map(({ name }) => name)),
  }
  return objects.flatMap((live) => {
    const { name = '', namespace = '' } = live.metadata
    const own = declared[name]
    if (own === undefined) return []
    const claims = foreignClaims(live, { ...live, metadata: { name, namespace, ...own } } as KubeObject)
    const others = otherDeliverersOf(objectKey(live), claims, known)
    return others.length === 0 ? [] : [`${name}: ${others.join(', ')}`]
  })
}

describe('what nobody declares', () => {
  it.each(cases)('$title', (given) => {
    const before = structuredClone(given)
    const orphans = found(given)
    expect(orphans.map((orphan) => `${orphan.ref.kind} ${orphan.ref.name}: ${orphanWhy(orphan)}`)).toEqual(
      given.orphans,
    )
    expect(shared(given)).toEqual(given.shared ?? [])
    expect(given).toEqual(before)
    // The order in which a server lists says nothing.
    const reversed = found({ ...given, objects: given.objects.toReversed() }).toReversed()
    expect(reversed).toEqual(orphans)
    const { beside } = given
    if (beside === undefined) return
    const told = orphans.flatMap(({ ref }) => {
      const body = given.objects.find(({ kind, metadata }) => kind === ref.kind && metadata.name === ref.name)
      return coexistences(body as KubeObject, beside).map(
        (one) => `${ref.name} with ${one.with.name} behind ${one.through.name}`,
      )
    })
    expect(told).toEqual(given.coexist)
  })

  it('is told in linear time, owners in circles and long chains included', () => {
    const many = Array.from({ length: 20_000 }, (_, index) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: `c${index}`,
        namespace: 'a',
        uid: `u${index}`,
        ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: `u${(index + 1) % 20_000}` }],
      },
    }))
    expect(found({ title: '', objects: many, orphans: [] })).toHaveLength(20_000)
  })
})

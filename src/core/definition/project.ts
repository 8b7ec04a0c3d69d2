import type { KubeObject } from '../kube/index.ts'
import { problem } from '../problem/index.ts'
import {
  booleanOf,
  complain,
  type Field,
  isDeeperThan,
  isSet,
  isZero,
  itemsOf,
  mapOf,
  member,
  type Reading,
  refuseOthers,
  stringOf,
  stringsOf,
} from './field.ts'
import { readMode } from './metadata.ts'
import type { ClusterResource, OrphanedResources, Parsed, ProjectDefinition } from './types.ts'

const SPEC_FIELDS = {
  supported: [
    'description',
    'sourceRepos',
    'destinations',
    'clusterResourceWhitelist',
    'clusterResourceBlacklist',
    'namespaceResourceWhitelist',
    'namespaceResourceBlacklist',
    'roles',
    'orphanedResources',
    'signatureKeys',
  ],
  /** Each of them narrows what is permitted: not reading one would permit too much. */
  notYet: [
    'syncWindows',
    'sourceIntegrity',
    'destinationServiceAccounts',
    'permitOnlyProjectScopedClusters',
    'sourceNamespaces',
  ],
}

const MAX_DEPTH = 100

function readResource(field: Field): ClusterResource {
  mapOf(field)
  refuseOthers(field, { supported: ['group', 'kind', 'name'] })
  const text = (name: string) => stringOf(member(field, name))
  if (isZero(member(field, 'kind'))) complain(field, 'HF2001', `${field.path}.kind is missing`)
  return { group: text('group'), kind: text('kind'), name: text('name') }
}

function readResources(field: Field): readonly ClusterResource[] {
  return itemsOf(field).map(readResource)
}

function readGroupKinds(field: Field): readonly { group: string; kind: string }[] {
  return itemsOf(field).map((item) => {
    const { group, kind, name } = readResource(item)
    if (name !== '') complain(item, 'HF2002', `${item.path}.name is not a known field`)
    return { group, kind }
  })
}

function readDestination(field: Field): ProjectDefinition['destinations'][number] {
  mapOf(field)
  refuseOthers(field, { supported: ['server', 'name', 'namespace'] })
  const text = (name: string) => stringOf(member(field, name))
  return { server: text('server'), name: text('name'), namespace: text('namespace') }
}

/** A short or long key id or a fingerprint, in upper case. Anything else could never match: nothing would be delivered. */
function readSignatureKey(field: Field): string {
  mapOf(field)
  refuseOthers(field, { supported: ['keyID'] })
  const keyID = member(field, 'keyID')
  const text = stringOf(keyID).toUpperCase()
  if (!/^[0-9A-F]{8,40}$/.test(text))
    complain(keyID, 'HF2001', `${keyID.path} must be the id of a GPG key in hex digits`)
  return text
}

/** An empty block asks for warnings, as with Argo CD. */
function readOrphanedResources(field: Field): OrphanedResources | null {
  if (!isSet(field)) return null
  mapOf(field)
  refuseOthers(field, { supported: ['warn', 'ignore'] })
  const ignore = itemsOf(member(field, 'ignore')).map((item) => {
    mapOf(item)
    refuseOthers(item, { supported: ['group', 'kind', 'name'] })
    const text = (name: string) => stringOf(member(item, name))
    return { group: text('group'), kind: text('kind'), name: text('name') }
  })
  return { warn: booleanOf(member(field, 'warn')) ?? true, ignore }
}

function readSpec(spec: Field): Omit<ProjectDefinition, 'name' | 'mode'> {
  mapOf(spec)
  refuseOthers(spec, SPEC_FIELDS)
  booleanOf(member(spec, 'permitOnlyProjectScopedClusters'))
  const whitelist = member(spec, 'namespaceResourceWhitelist')
  return {
    sourceRepos: stringsOf(member(spec, 'sourceRepos')),
    destinations: itemsOf(member(spec, 'destinations')).map(readDestination),
    clusterResourceWhitelist: readResources(member(spec, 'clusterResourceWhitelist')),
    clusterResourceBlacklist: readResources(member(spec, 'clusterResourceBlacklist')),
    namespaceResourceWhitelist: isSet(whitelist) ? readGroupKinds(whitelist) : null,
    namespaceResourceBlacklist: readGroupKinds(member(spec, 'namespaceResourceBlacklist')),
    orphanedResources: readOrphanedResources(member(spec, 'orphanedResources')),
    signatureKeys: itemsOf(member(spec, 'signatureKeys')).map(readSignatureKey),
  }
}

/**
 * Reads an Argo CD `AppProject`. Never throws and does not change `object`. A project that narrows its applications in a
 * way not supported yet gives no value: its applications wait rather than do what it forbids.
 */
export function parseProject(object: KubeObject): Parsed<ProjectDefinition> {
  const reading: Reading = { problems: [], subject: {} }
  if (isDeeperThan(object, MAX_DEPTH)) {
    return { value: null, problems: [problem('HF2001', `the project is nested deeper than ${MAX_DEPTH} levels`)] }
  }
  const root: Field = { reading, path: '', value: object }
  const metadata = member(root, 'metadata')
  const name = stringOf(member(metadata, 'name'))
  const named: Field = { ...root, reading: { ...reading, subject: { object: `argoproj.io/AppProject ${name}` } } }
  if (member(root, 'kind').value !== 'AppProject') complain(named, 'HF2001', 'kind must be AppProject')
  if (name === '') complain(named, 'HF2001', 'metadata.name missing')
  const mode = readMode(member(member(named, 'metadata'), 'annotations'))
  const value = { name, mode, ...readSpec(member(named, 'spec')) }
  return { value: reading.problems.length === 0 ? value : null, problems: reading.problems }
}

/** The project `default` as Argo CD creates it: everything is permitted. Used where the cluster has none. */
export const DEFAULT_PROJECT: ProjectDefinition = {
  name: 'default',
  mode: null,
  sourceRepos: ['*'],
  destinations: [{ server: '*', name: '', namespace: '*' }],
  clusterResourceWhitelist: [{ group: '*', kind: '*', name: '' }],
  clusterResourceBlacklist: [],
  namespaceResourceWhitelist: null,
  namespaceResourceBlacklist: [],
  orphanedResources: null,
  signatureKeys: [],
}

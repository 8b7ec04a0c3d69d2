import { isMap, type KubeObject } from '../kube/index.ts'
import { type Problem, problem } from '../problem/index.ts'
import { digestOf } from './digest.ts'
import {
  booleanOf,
  complain,
  type Field,
  integerOf,
  isDeeperThan,
  isSet,
  isZero,
  itemsOf,
  mapOf,
  member,
  type Reading,
  refuseOthers,
  stringMapOf,
  stringOf,
} from './field.ts'
import { readIgnoreRules } from './ignore-rule.ts'
import { withNotes } from './ignore-note.ts'
import { notesOf, readMarks } from './metadata.ts'
import { readRequestedOperation } from './operation.ts'
import { readSources } from './source.ts'
import { readSyncOptions } from './sync-options.ts'
import type { AppDefinition, AutomatedPermissions, Parsed } from './types.ts'

export const IN_CLUSTER_SERVER = 'https://kubernetes.default.svc'
export const IN_CLUSTER_NAME = 'in-cluster'

const SPEC_FIELDS = {
  supported: [
    'project',
    'source',
    'sources',
    'destination',
    'syncPolicy',
    'ignoreDifferences',
    'revisionHistoryLimit',
    'info',
  ],
  notYet: ['sourceHydrator'],
}

const MAX_DEPTH = 100

interface Destination {
  readonly namespace: string
  readonly missing: readonly string[]
}

function readDestination(field: Field): Destination {
  if (!isSet(field)) return { namespace: '', missing: [field.path] }
  mapOf(field)
  refuseOthers(field, { supported: ['server', 'name', 'namespace'] })
  const server = stringOf(member(field, 'server'))
  const name = stringOf(member(field, 'name'))
  if (server !== '' && name !== '') complain(field, 'HF2001', `${field.path} has both server and name; give one`)
  else if (server !== '' && server.replace(/\/$/, '') !== IN_CLUSTER_SERVER) {
    complain(field, 'HF2004', `${field.path}.server is ${server}; only ${IN_CLUSTER_SERVER} is supported yet`)
  } else if (name !== '' && name !== IN_CLUSTER_NAME) {
    complain(field, 'HF2004', `${field.path}.name is ${name}; only ${IN_CLUSTER_NAME} is supported yet`)
  }
  const absent = isZero(member(field, 'server')) && isZero(member(field, 'name'))
  return { namespace: stringOf(member(field, 'namespace')), missing: absent ? [`${field.path}.server`] : [] }
}

function readAutomated(field: Field): AutomatedPermissions {
  mapOf(field)
  refuseOthers(field, { supported: ['enabled', 'prune', 'selfHeal', 'allowEmpty'] })
  const flag = (name: string) => booleanOf(member(field, name)) ?? false
  return {
    enabled: isSet(field) && (booleanOf(member(field, 'enabled')) ?? true),
    prune: flag('prune'),
    selfHeal: flag('selfHeal'),
    allowEmpty: flag('allowEmpty'),
  }
}

function readRetry(field: Field): void {
  if (!isSet(field)) return
  mapOf(field)
  refuseOthers(field, { supported: ['limit', 'backoff', 'refresh'] })
  integerOf(member(field, 'limit'), 0)
  booleanOf(member(field, 'refresh'))
  const backoff = member(field, 'backoff')
  mapOf(backoff)
  refuseOthers(backoff, { supported: ['duration', 'factor', 'maxDuration'] })
  integerOf(member(backoff, 'factor'), 0)
  complain(field, 'HF2007', `${field.path} has no effect: Holdfast retries each object by itself until it succeeds`)
}

type Policy = Pick<AppDefinition, 'automated' | 'options' | 'managedNamespaceMetadata'>

function readSyncPolicy(field: Field): Policy {
  mapOf(field)
  refuseOthers(field, { supported: ['automated', 'syncOptions', 'retry', 'managedNamespaceMetadata'] })
  readRetry(member(field, 'retry'))
  const managed = member(field, 'managedNamespaceMetadata')
  mapOf(managed)
  refuseOthers(managed, { supported: ['labels', 'annotations'] })
  return {
    automated: readAutomated(member(field, 'automated')),
    options: readSyncOptions(member(field, 'syncOptions')),
    managedNamespaceMetadata: {
      labels: stringMapOf(member(managed, 'labels')),
      annotations: stringMapOf(member(managed, 'annotations')),
    },
  }
}

/** Fields that people may give and that change nothing about delivery; only their types are looked at. */
function checkInformation(spec: Field): void {
  integerOf(member(spec, 'revisionHistoryLimit'), 10)
  for (const info of itemsOf(member(spec, 'info'))) {
    mapOf(info)
    refuseOthers(info, { supported: ['name', 'value'] })
  }
}

type Spec = Pick<
  AppDefinition,
  'project' | 'sources' | 'multiSource' | 'written' | 'destinationNamespace' | 'ignoreDifferences'
> &
  Policy

/** Wrong types have been complained of where the fields are read. */
function readWritten(spec: Field): AppDefinition['written'] {
  const { value } = member(spec, 'ignoreDifferences')
  const destination = member(spec, 'destination').value
  return {
    destination: isMap(destination) ? destination : {},
    ignoreDifferences: Array.isArray(value) ? value.filter(isMap) : [],
  }
}

function readSpec(spec: Field): Spec {
  mapOf(spec)
  refuseOthers(spec, SPEC_FIELDS)
  const project = member(spec, 'project')
  const { sources, multiSource, missing: missingSource } = readSources(spec)
  const destination = readDestination(member(spec, 'destination'))
  const missing = [...missingSource, ...destination.missing]
  if (missing.length > 0) {
    const all = isSet(project) ? missing : [project.path, ...missing]
    complain(spec, 'HF2001', `${all.join(', ')} ${all.length === 1 ? 'is' : 'are'} missing`)
  }
  checkInformation(spec)
  const projectName = stringOf(project)
  return {
    project: projectName === '' ? 'default' : projectName,
    sources,
    multiSource,
    written: readWritten(spec),
    destinationNamespace: destination.namespace,
    ignoreDifferences: readIgnoreRules(member(spec, 'ignoreDifferences'), { origin: 'application', annotated: false }),
    ...readSyncPolicy(member(spec, 'syncPolicy')),
  }
}

/** Codes that do not keep an Application from being worked on. */
const USABLE_WITH: readonly Problem['code'][] = ['HF2005', 'HF2007']

function refuse<T>(reading: Reading): Parsed<T> {
  return { value: null, problems: reading.problems }
}

function checkIdentity(root: Field): boolean {
  const wanted = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application' }
  for (const [name, value] of Object.entries(wanted)) {
    const field = member(root, name)
    if (field.value !== value) complain(field, 'HF2001', `${name} must be ${value}`)
  }
  const lacking = ['metadata.name', 'spec'].filter((path) => {
    const [first = '', second] = path.split('.')
    const field = second === undefined ? member(root, first) : member(member(root, first), second)
    return isZero(field)
  })
  if (lacking.length > 0) complain(root, 'HF2001', `${lacking.join(' and ')} missing`)
  return root.reading.problems.length === 0
}

function settingsDigest(definition: Omit<AppDefinition, 'digest'>): string {
  const { uid, refresh, skip, operation, refusedOperation, deleting, cascadeDelete, ...lasting } = definition
  return digestOf(lasting)
}

/**
 * Reads an Argo CD `Application`. Never throws, whatever `object` is, and does not change it. `value` is null when the
 * Application cannot be worked on as written; problems beside a value only report (HF2005: the rule's objects are held;
 * HF2007: the field has no effect). `defaultNamespace` stands in when a file names no namespace.
 */
export function parseApplication(
  object: KubeObject,
  options: { defaultNamespace?: string } = {},
): Parsed<AppDefinition> {
  const metadata = { name: '', namespace: '', ...identity(object) }
  const namespace = metadata.namespace === '' ? (options.defaultNamespace ?? 'argocd') : metadata.namespace
  const key = `${namespace}/${metadata.name}`
  const reading: Reading = { problems: [], subject: { app: key } }
  if (isDeeperThan(object, MAX_DEPTH)) {
    reading.problems.push(problem('HF2001', `the object is nested deeper than ${MAX_DEPTH} levels`, reading.subject))
    return refuse(reading)
  }
  const root: Field = { reading, path: '', value: object }
  if (!checkIdentity(root)) return refuse(reading)
  const meta = member(root, 'metadata')
  const spec = readSpec(member(root, 'spec'))
  const marks = readMarks(meta)
  const definition = {
    key,
    namespace,
    name: stringOf(member(meta, 'name')),
    uid: stringOf(member(meta, 'uid')),
    ...spec,
    ...marks,
    ignoreDifferences: withNotes(spec.ignoreDifferences, notesOf(meta)),
    ...readRequestedOperation(member(root, 'operation'), spec),
    deleting: isSet(member(meta, 'deletionTimestamp')),
  }
  stringOf(member(meta, 'namespace'))
  if (reading.problems.some((found) => !USABLE_WITH.includes(found.code))) return refuse(reading)
  const problems = [...reading.problems, ...(definition.refusedOperation?.problems ?? [])]
  return { value: { ...definition, digest: settingsDigest(definition) }, problems }
}

/** Name and namespace as far as they can be read, for messages. */
function identity(object: unknown): { name?: string; namespace?: string } {
  const silent: Reading = { problems: [], subject: {} }
  const metadata = member({ reading: silent, path: '', value: object }, 'metadata')
  return { name: stringOf(member(metadata, 'name')), namespace: stringOf(member(metadata, 'namespace')) }
}

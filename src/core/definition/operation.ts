import { deepEqual } from '../kube/index.ts'
import { digestOf } from './digest.ts'
import {
  booleanOf,
  complain,
  type Field,
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
import { readSyncOptions } from './sync-options.ts'
import type { AppDefinition, RefusedOperation, RequestedOperation, SyncOptions } from './types.ts'

const SYNC_FIELDS = {
  supported: [
    'revision',
    'revisions',
    'prune',
    'dryRun',
    'resources',
    'syncStrategy',
    'syncOptions',
    'autoHealAttemptsCount',
    'source',
    'sources',
  ],
  notYet: ['manifests'],
}

type Resource = RequestedOperation['resources'][number]

function readResource(field: Field): Resource {
  mapOf(field)
  refuseOthers(field, { supported: ['group', 'kind', 'namespace', 'name'] })
  for (const required of [member(field, 'kind'), member(field, 'name')]) {
    if (isZero(required)) complain(required, 'HF2001', `${required.path} is missing`)
  }
  const text = (name: string) => stringOf(member(field, name))
  return { group: text('group'), kind: text('kind'), namespace: text('namespace'), name: text('name') }
}

/** `hook: {}` and `apply: {}` are what Argo CD's own clients write; only `force` changes what is done. */
function readStrategy(field: Field): void {
  mapOf(field)
  refuseOthers(field, { supported: ['hook', 'apply'] })
  for (const strategy of [member(field, 'hook'), member(field, 'apply')]) {
    mapOf(strategy)
    refuseOthers(strategy, { supported: [], notYet: ['force'] })
  }
}

/** An operation's options replace the Application's; other options than its own cannot be honoured yet. */
function readOptions(field: Field, own: SyncOptions): void {
  if (isZero(field)) return
  if (!deepEqual(readSyncOptions(field), own)) {
    complain(field, 'HF2002', `${field.path} other than spec.syncPolicy.syncOptions is not supported yet`)
  }
}

function readInitiator(field: Field): string {
  mapOf(field)
  refuseOthers(field, { supported: ['username', 'automated'] })
  booleanOf(member(field, 'automated'))
  return stringOf(member(field, 'username'))
}

/** What the Application itself says; an operation may repeat it and not replace it. */
type Own = Pick<AppDefinition, 'options' | 'sources' | 'multiSource'>

/** Argo CD's clients repeat the sources of the Application in an operation. */
function refuseOtherSources(sync: Field, own: Own): void {
  const [source, sources] = [member(sync, 'source'), member(sync, 'sources')]
  const written = own.sources.map((one) => one.written)
  if (!isZero(source) && (own.multiSource || !deepEqual(source.value, written[0]))) {
    complain(source, 'HF2002', `${source.path} other than spec.source is not supported yet`)
  }
  if (!isZero(sources) && !(own.multiSource && deepEqual(sources.value, written))) {
    complain(sources, 'HF2002', `${sources.path} other than spec.sources is not supported yet`)
  }
}

function readRevisions(sync: Field, own: Own): readonly string[] {
  const [one, several] = [member(sync, 'revision'), member(sync, 'revisions')]
  const revision = stringOf(one)
  const revisions = stringsOf(several)
  if (own.multiSource && revision !== '') {
    complain(one, 'HF2001', `${one.path} is for an Application with spec.source; give revisions, one for each source`)
  }
  if (revisions.length > own.sources.length) {
    complain(several, 'HF2001', `${several.path} has ${revisions.length} entries for ${own.sources.length} sources`)
  }
  if ([revision, ...revisions].some((text) => text.startsWith('-') || text.includes('\0'))) {
    complain(sync, 'HF2001', `${sync.path}: a revision must not begin with - nor contain a NUL character`)
  }
  return revision === '' ? revisions : [revision]
}

type Operation = Pick<RequestedOperation, 'revision' | 'revisions' | 'prune' | 'dryRun' | 'resources' | 'initiatedBy'>

function readOperation(field: Field, own: Own): Operation {
  mapOf(field)
  refuseOthers(field, { supported: ['sync', 'initiatedBy', 'info', 'retry'] })
  const sync = member(field, 'sync')
  if (!isSet(sync)) complain(sync, 'HF2002', `${field.path} without sync is not supported`)
  mapOf(sync)
  refuseOthers(sync, SYNC_FIELDS)
  readStrategy(member(sync, 'syncStrategy'))
  readOptions(member(sync, 'syncOptions'), own.options)
  refuseOtherSources(sync, own)
  const revisions = readRevisions(sync, own)
  const first = revisions[0] ?? ''
  return {
    revision: first === '' ? null : first,
    revisions: revisions.some((text) => text !== '') ? revisions : [],
    prune: booleanOf(member(sync, 'prune')) ?? false,
    dryRun: booleanOf(member(sync, 'dryRun')) ?? false,
    resources: itemsOf(member(sync, 'resources')).map(readResource),
    initiatedBy: readInitiator(member(field, 'initiatedBy')),
  }
}

export interface OperationRead {
  readonly operation: RequestedOperation | null
  readonly refusedOperation: RefusedOperation | null
}

/** Reads `operation`. Its problems refuse the operation, not the Application, so they are gathered apart. */
export function readRequestedOperation(field: Field, own: Own): OperationRead {
  if (!isSet(field)) return { operation: null, refusedOperation: null }
  const reading: Reading = { problems: [], subject: field.reading.subject }
  const operation = readOperation({ ...field, reading }, own)
  const digest = digestOf({ operation: field.value })
  if (reading.problems.length === 0) return { operation: { ...operation, digest }, refusedOperation: null }
  const { problems } = reading
  return { operation: null, refusedOperation: { digest, initiatedBy: operation.initiatedBy, problems } }
}

import { isMap, type JsonMap, type ManagedFieldsEntry } from '../kube/index.ts'
import { isProblem, type Problem, problem } from '../problem/index.ts'
import { decodeFieldsV1, encodeFieldsV1, type FieldsV1Decoder } from './fields-v1.ts'
import type { ManagedSet } from './ownership.ts'

/** One entry of `metadata.managedFields`. `time` is the server's text (`2026-01-02T15:04:05Z`), absent for scale. */
export interface ManagedEntry extends ManagedSet {
  readonly manager: string
  readonly subresource: string
  readonly time: string | undefined
}
/** Entries by identity: manager, operation and subresource, and for updates the version. */
export type ManagedEntries = ReadonlyMap<string, ManagedEntry>

export interface EntryIdentity {
  readonly manager: string
  readonly applied: boolean
  readonly version: string
  readonly subresource: string
}

/** An applier has one entry whatever version it applies in; an updater has one per version. */
export function entryKey({ manager, applied, version, subresource }: EntryIdentity): string {
  return JSON.stringify([manager, applied, applied ? '' : version, subresource])
}

function unusable(index: number, what: string): Problem {
  return problem('HF5003', `managedFields entry ${index} ${what}.`, { path: `.metadata.managedFields[${index}]` })
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function decodeEntry(json: unknown, index: number, decode: FieldsV1Decoder): ManagedEntry | Problem {
  if (!isMap(json)) return unusable(index, 'is no map')
  const operation = json['operation']
  if (operation !== 'Apply' && operation !== 'Update') return unusable(index, 'has no operation Apply or Update')
  if (text(json['apiVersion']) === '') return unusable(index, 'has no apiVersion')
  if (json['fieldsType'] !== 'FieldsV1') return unusable(index, 'is not of fieldsType FieldsV1')
  const set = decode(json['fieldsV1'] ?? {})
  if (isProblem(set)) return { ...set, subject: { path: `.metadata.managedFields[${index}]` } }
  return {
    manager: text(json['manager']),
    applied: operation === 'Apply',
    version: text(json['apiVersion']),
    subresource: text(json['subresource']),
    time: typeof json['time'] === 'string' ? json['time'] : undefined,
    set,
  }
}

/**
 * Reads `metadata.managedFields`; absent is empty. One broken entry makes the whole unusable (HF5003), as on the
 * server. Of two entries with one identity the last counts.
 */
export function decodeManagedFields(json: unknown, decode: FieldsV1Decoder = decodeFieldsV1): ManagedEntries | Problem {
  const entries = new Map<string, ManagedEntry>()
  if (json === undefined || json === null) return entries
  if (!Array.isArray(json)) return problem('HF5003', 'managedFields is no list.', { path: '.metadata.managedFields' })
  for (const [index, item] of json.entries()) {
    const entry = decodeEntry(item, index, decode)
    if (isProblem(entry)) return entry
    entries.set(entryKey(entry), entry)
  }
  return entries
}

function compareEntries(a: ManagedEntry, b: ManagedEntry): number {
  const texts = (entry: ManagedEntry) => [
    entry.applied ? 'Apply' : 'Update',
    entry.time ?? '',
    entry.manager,
    entry.version,
    entry.subresource,
  ]
  const right = texts(b)
  for (const [index, left] of texts(a).entries()) {
    const other = right[index] as string
    if (left !== other) return left < other ? -1 : 1
  }
  return 0
}

/** The entries as the server writes and orders them: appliers first, then by time, manager, version, subresource. */
export function encodeManagedFields(entries: ManagedEntries): ManagedFieldsEntry[] {
  return [...entries.values()].sort(compareEntries).map((entry) => ({
    ...(entry.manager === '' ? {} : { manager: entry.manager }),
    operation: entry.applied ? 'Apply' : 'Update',
    apiVersion: entry.version,
    ...(entry.time === undefined ? {} : { time: entry.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: encodeFieldsV1(entry.set),
    ...(entry.subresource === '' ? {} : { subresource: entry.subresource }),
  }))
}

/** A list that is there but empty, or holds one empty entry: the writer asks for ownership to be forgotten. */
export function resetsManagedFields(json: unknown): boolean {
  if (!Array.isArray(json)) return false
  return json.length === 0 || (json.length === 1 && isMap(json[0]) && Object.keys(json[0] as JsonMap).length === 0)
}

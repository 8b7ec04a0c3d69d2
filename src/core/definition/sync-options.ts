import { complain, type Field, stringsOf } from './field.ts'
import type { SyncOptions } from './types.ts'

type Switch = Exclude<keyof SyncOptions, 'prunePropagationPolicy'>

/** Options that are simply on or off. */
const SWITCHES: Readonly<Record<string, Switch>> = {
  CreateNamespace: 'createNamespace',
  Prune: 'prune',
  PruneLast: 'pruneLast',
  ApplyOutOfSyncOnly: 'applyOutOfSyncOnly',
  RespectIgnoreDifferences: 'respectIgnoreDifferences',
  Validate: 'validate',
  SkipDryRunOnMissingResource: 'skipDryRunOnMissingResource',
}

/** Options accepted with this one value only: it is what Holdfast does anyway. */
const FIXED: Readonly<Record<string, string>> = {
  ServerSideApply: 'true',
  ClientSideApplyMigration: 'true',
  Replace: 'false',
  Force: 'false',
  FailOnSharedResource: 'false',
  Delete: 'true',
}

const PROPAGATIONS = ['foreground', 'background', 'orphan'] as const

const DEFAULTS: SyncOptions = {
  createNamespace: false,
  prune: true,
  pruneLast: false,
  applyOutOfSyncOnly: false,
  respectIgnoreDifferences: false,
  validate: true,
  skipDryRunOnMissingResource: false,
  prunePropagationPolicy: 'foreground',
}

function lookup<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}

/** One option on top of `options`; null when it is refused. */
function withOption(options: SyncOptions, text: string): SyncOptions | null {
  const equals = text.indexOf('=')
  const key = equals < 0 ? text : text.slice(0, equals)
  const value = equals < 0 ? '' : text.slice(equals + 1)
  const name = lookup(SWITCHES, key)
  if (name !== undefined) return value === 'true' || value === 'false' ? { ...options, [name]: value === 'true' } : null
  if (key === 'PrunePropagationPolicy') {
    const policy = PROPAGATIONS.find((known) => known === value)
    return policy === undefined ? null : { ...options, prunePropagationPolicy: policy }
  }
  return lookup(FIXED, key) === value ? options : null
}

/** Reads a list of `Key=value` options; what is not supported is refused by name. A later entry wins. */
export function readSyncOptions(field: Field): SyncOptions {
  let options = DEFAULTS
  for (const text of stringsOf(field)) {
    const next = withOption(options, text.trim())
    if (next === null) complain(field, 'HF2002', `${field.path}: the option ${text.trim()} is not supported`)
    else options = next
  }
  return options
}

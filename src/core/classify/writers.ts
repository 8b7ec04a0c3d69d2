// What is a writer: a person's tool, a machine's? By the shipped table, and by what the installation says of its own.
import { globMatches, type WriterPatterns, type WriterSettings } from '../definition/index.ts'
import type { ActorKind, Means, Mechanism } from './cause.ts'
import { WRITERS, type WriterRow } from './writer-table.ts'

export interface Writer {
  readonly means: Means
  readonly tool: string | null
  readonly kind: ActorKind
  readonly mechanism: Mechanism
}

/** A name that stands in no table tells nothing but itself. */
const STRANGER: Writer = { means: 'client', tool: null, kind: 'unknown', mechanism: 'unknown' }

interface Numbered {
  readonly row: WriterRow
  readonly at: number
}

const EXACT: ReadonlyMap<string, readonly Numbered[]> = exactRows()
const PATTERNS = WRITERS.flatMap((row, at) =>
  row.names.filter((name) => name.includes('*')).map((name) => ({ row, at, test: patternTest(name) })),
)

function exactRows(): ReadonlyMap<string, readonly Numbered[]> {
  const rows = new Map<string, Numbered[]>()
  for (const [at, row] of WRITERS.entries())
    for (const name of row.names) if (!name.includes('*')) rows.set(name, [...(rows.get(name) ?? []), { row, at }])
  return rows
}

function patternTest(name: string): (text: string) => boolean {
  const rest = name.replace('*', '')
  return name.startsWith('*') ? (text) => text.endsWith(rest) : (text) => text.startsWith(rest)
}

/** One entry of managedFields, as far as it says who wrote. */
export interface WriterEntry {
  readonly manager?: string
  readonly operation?: string
  readonly subresource?: string
}

function fits({ operation, subresource }: WriterRow, entry: WriterEntry): boolean {
  return (
    (operation === undefined || operation === entry.operation) &&
    (subresource === undefined || subresource === (entry.subresource ?? ''))
  )
}

function rowOf(entry: WriterEntry): WriterRow | undefined {
  const name = entry.manager ?? ''
  const exact = EXACT.get(name)?.find(({ row }) => fits(row, entry))
  if (exact !== undefined) return exact.row
  return PATTERNS.find(({ row, test }) => test(name) && fits(row, entry))?.row
}

const matchesAny = (globs: readonly string[], text: string): boolean =>
  globs.some((glob) => glob === text || globMatches(glob, text))

function toldKind(of: keyof WriterPatterns, texts: readonly string[], settings: WriterSettings): ActorKind | null {
  const told = (kind: 'people' | 'machines'): boolean =>
    settings[kind][of].length > 0 && texts.some((text) => matchesAny(settings[kind][of], text))
  if (told('people')) return 'person'
  return told('machines') ? 'machine' : null
}

/** By the name that the server recorded. */
export function writerOf(entry: WriterEntry, settings: WriterSettings): Writer {
  const row = rowOf(entry)
  const told = toldKind('managers', [entry.manager ?? ''], settings)
  if (row === undefined) {
    const means: Means = entry.subresource === 'scale' ? 'scale' : 'client'
    return told === null ? { ...STRANGER, means } : { ...STRANGER, means, kind: told, mechanism: MECHANISM[told] }
  }
  const { means, tool, kind, mechanism } = row
  return { means, tool, kind: told ?? kind, mechanism }
}

const MECHANISM: Readonly<Record<ActorKind, Mechanism>> = {
  person: 'manual',
  machine: 'controller',
  unknown: 'unknown',
}

/** Users of the control plane and service accounts are machines unless the installation says otherwise. */
const MACHINE_USERS = 'system:'

/** By the user that the audit log names. */
export function userKind(user: string, groups: readonly string[], settings: WriterSettings): ActorKind {
  const told = toldKind('users', [user], settings) ?? toldKind('groups', groups, settings)
  if (told !== null) return told
  if (user === '' || user === 'system:anonymous') return 'unknown'
  return user.startsWith(MACHINE_USERS) ? 'machine' : 'person'
}

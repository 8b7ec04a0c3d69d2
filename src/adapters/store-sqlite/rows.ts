import type { Insertable, Selectable } from 'kysely'
import type { JournalEntry } from '../../ports/store.ts'
import type { JournalTable } from './schema.ts'

const TEXT_LIMIT = 2_000
const PATH_LIMIT = 500
const PATHS_LIMIT = 200

/** Text as SQLite can keep it: a NUL would end it early. Cut at `limit` characters. */
export function plainText(value: string | undefined, limit: number = TEXT_LIMIT): string {
  const text = (value ?? '').slice(0, limit)
  return text.includes('\u0000') ? text.replaceAll('\u0000', '\ufffd') : text
}

/** Names every column itself: whatever else an entry object carries never reaches the database. */
export function journalRow(entry: JournalEntry): Insertable<JournalTable> {
  return {
    time: plainText(entry.time),
    app: plainText(entry.app),
    object: plainText(entry.object),
    action: entry.action,
    paths: JSON.stringify(entry.paths.slice(0, PATHS_LIMIT).map((path) => plainText(path, PATH_LIMIT))),
    actor: plainText(entry.actor),
    result: entry.result,
    because: plainText(entry.because),
    revision: plainText(entry.revision),
    duration_ms: Number.isFinite(entry.durationMs) ? entry.durationMs : 0,
    message: plainText(entry.message),
  }
}

export function entryOf(row: Selectable<JournalTable>): JournalEntry {
  return {
    time: row.time,
    app: row.app,
    object: row.object,
    action: row.action as JournalEntry['action'],
    paths: JSON.parse(row.paths) as string[],
    actor: row.actor,
    result: row.result as JournalEntry['result'],
    because: row.because,
    revision: row.revision,
    durationMs: row.duration_ms,
    message: row.message,
  }
}

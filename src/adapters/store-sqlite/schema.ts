import type { Generated, Kysely, Migration } from 'kysely'

export interface JournalTable {
  readonly id: Generated<number>
  readonly time: string
  readonly app: string
  readonly object: string
  readonly action: string
  /** JSON list of paths. */
  readonly paths: string
  readonly actor: string
  readonly result: string
  readonly because: string
  readonly revision: string
  readonly duration_ms: number
  readonly message: string
}

export interface FirstSeenTable {
  readonly fingerprint: string
  readonly first: string
  /** Day (`2026-11-21`) on which it was last asked for. */
  readonly touched: string
}

export interface IntentTable {
  readonly id: string
  readonly app: string
  readonly object: string
  readonly uid: string
  readonly action: string
  readonly time: string
}

export interface PreExistingTable {
  readonly app: string
  readonly object: string
  /** JSON list of path keys. */
  readonly paths: string
}

export interface RenderTable {
  readonly app: string
  /** JSON of a KeptRender. */
  readonly render: string
}

export interface DriftTable {
  readonly id: string
  readonly app: string
  readonly opened: string
  /** null = it still differs. */
  readonly closed: string | null
  /** JSON of a DriftRecord. */
  readonly record: string
}

export interface DriftNoteTable {
  readonly id: Generated<number>
  readonly drift: string
  /** JSON of a DriftNote. */
  readonly note: string
}

export interface Tables {
  readonly journal: JournalTable
  readonly first_seen: FirstSeenTable
  readonly intent: IntentTable
  readonly pre_existing: PreExistingTable
  readonly render: RenderTable
  readonly drift: DriftTable
  readonly drift_note: DriftNoteTable
}

const first: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('journal')
      .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('time', 'text', (column) => column.notNull())
      .addColumn('app', 'text', (column) => column.notNull())
      .addColumn('object', 'text', (column) => column.notNull())
      .addColumn('action', 'text', (column) => column.notNull())
      .addColumn('paths', 'text', (column) => column.notNull())
      .addColumn('actor', 'text', (column) => column.notNull())
      .addColumn('result', 'text', (column) => column.notNull())
      .addColumn('because', 'text', (column) => column.notNull())
      .addColumn('revision', 'text', (column) => column.notNull())
      .addColumn('duration_ms', 'real', (column) => column.notNull())
      .addColumn('message', 'text', (column) => column.notNull())
      .execute()
    await db.schema.createIndex('journal_by_app').on('journal').columns(['app', 'id']).execute()
    await db.schema
      .createTable('first_seen')
      .addColumn('fingerprint', 'text', (column) => column.primaryKey())
      .addColumn('first', 'text', (column) => column.notNull())
      .addColumn('touched', 'text', (column) => column.notNull())
      .execute()
    await db.schema.createIndex('first_seen_by_touched').on('first_seen').column('touched').execute()
    await db.schema
      .createTable('intent')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('app', 'text', (column) => column.notNull())
      .addColumn('object', 'text', (column) => column.notNull())
      .addColumn('uid', 'text', (column) => column.notNull())
      .addColumn('action', 'text', (column) => column.notNull())
      .addColumn('time', 'text', (column) => column.notNull())
      .execute()
    await db.schema
      .createTable('pre_existing')
      .addColumn('app', 'text', (column) => column.notNull())
      .addColumn('object', 'text', (column) => column.notNull())
      .addColumn('paths', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('pre_existing_key', ['app', 'object'])
      .execute()
  },
}

const renders: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('render')
      .addColumn('app', 'text', (column) => column.primaryKey())
      .addColumn('render', 'text', (column) => column.notNull())
      .execute()
  },
}

const drifts: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('drift')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('app', 'text', (column) => column.notNull())
      .addColumn('opened', 'text', (column) => column.notNull())
      .addColumn('closed', 'text')
      .addColumn('record', 'text', (column) => column.notNull())
      .execute()
    await db.schema.createIndex('drift_by_app').on('drift').columns(['app', 'opened']).execute()
    await db.schema.createIndex('drift_by_closed').on('drift').column('closed').execute()
    await db.schema
      .createTable('drift_note')
      .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('drift', 'text', (column) => column.notNull())
      .addColumn('note', 'text', (column) => column.notNull())
      .execute()
    await db.schema.createIndex('drift_note_by_drift').on('drift_note').column('drift').execute()
  },
}

/** In the order of their names; a migration that was released is never edited. */
export const MIGRATIONS: Record<string, Migration> = {
  '0001-first': first,
  '0002-renders': renders,
  '0003-drifts': drifts,
}

import { chmod, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite'
import { Kysely, Migrator, SqliteDialect } from 'kysely'
import type { Intent, JournalEntry, KeptRender } from '../../ports/store.ts'
import { kyselyDatabase } from './dialect.ts'
import type { Engine } from './protocol.ts'
import { MIGRATIONS, type Tables } from './schema.ts'
import { driftsOf } from './drifts.ts'
import { entryOf, journalRow, plainText } from './rows.ts'

const BUSY_MS = 5_000
/** Rows per statement: SQLite takes at most 32,766 parameters in one. */
const CHUNK = 500
const KEEP_DAYS = 30
const JOURNAL_LIMIT = 10_000

/** Creates what is missing with permissions for the owner only; SQLite gives -wal and -shm the permissions of the file. */
async function prepareFile(file: string): Promise<void> {
  const directory = dirname(file)
  const made = await mkdir(directory, { recursive: true, mode: 0o700 })
  if (made !== undefined) await chmod(directory, 0o700)
  const handle = await open(file, 'a', 0o600)
  await handle.chmod(0o600)
  await handle.close()
}

/** Opens the database and brings its schema up to date. Rejects with what SQLite or the file system says. */
export async function openEngine(file: string): Promise<Engine> {
  await prepareFile(file)
  const database = new DatabaseSync(file, { timeout: BUSY_MS })
  try {
    database.exec('PRAGMA journal_mode = WAL')
    database.exec('PRAGMA synchronous = NORMAL')
    const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: kyselyDatabase(database) }) })
    const { error } = await new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } }).migrateToLatest()
    if (error !== undefined) throw error
    return engine(database, db)
  } catch (error) {
    database.close()
    throw error
  }
}

function engine(database: DatabaseSyncInstance, db: Kysely<Tables>): Engine {
  return {
    ...journalOf(db),
    ...firstSeenOf(db),
    ...intentsOf(database, db),
    ...preExistingOf(db),
    ...rendersOf(db),
    ...driftsOf(db),
    close: () => db.destroy(),
  }
}

function chunks<T>(items: readonly T[]): T[][] {
  const parts: T[][] = []
  for (let start = 0; start < items.length; start += CHUNK) parts.push(items.slice(start, start + CHUNK))
  return parts
}

function journalOf(db: Kysely<Tables>): Pick<Engine, 'append' | 'journal'> {
  return {
    append: async (entries) => {
      await db.transaction().execute(async (transaction) => {
        for (const part of chunks(entries))
          await transaction.insertInto('journal').values(part.map(journalRow)).execute()
      })
    },
    journal: async ({ app, action, limit }): Promise<readonly JournalEntry[]> => {
      const rows = db.selectFrom('journal').selectAll().orderBy('id', 'desc')
      const ofApp = app === undefined ? rows : rows.where('app', '=', app)
      const wanted = action === undefined ? ofApp : ofApp.where('action', '=', action)
      return (await wanted.limit(Math.min(Math.max(Math.trunc(limit), 0), JOURNAL_LIMIT)).execute()).map(entryOf)
    },
  }
}

function daysBefore(day: string, days: number): string {
  return new Date(Date.parse(day) - days * 86_400_000).toISOString().slice(0, 10)
}

function firstSeenOf(db: Kysely<Tables>): Pick<Engine, 'firstSeen' | 'forget'> {
  let sweptOn = ''
  const sweep = async (day: string): Promise<void> => {
    if (day === sweptOn) return
    sweptOn = day
    await db.deleteFrom('first_seen').where('touched', '<', daysBefore(day, KEEP_DAYS)).execute()
  }
  return {
    firstSeen: async ({ fingerprints, now }) => {
      const day = now.slice(0, 10)
      const seen: [string, string][] = []
      await sweep(day)
      await db.transaction().execute(async (transaction) => {
        for (const part of chunks(fingerprints)) {
          const rows = part.map((fingerprint) => ({ fingerprint, first: now, touched: day }))
          await transaction
            .insertInto('first_seen')
            .values(rows)
            .onConflict((conflict) =>
              conflict.column('fingerprint').doUpdateSet({ touched: day }).where('first_seen.touched', '<>', day),
            )
            .execute()
          const found = await transaction
            .selectFrom('first_seen')
            .select(['fingerprint', 'first'])
            .where('fingerprint', 'in', part)
            .execute()
          for (const row of found) seen.push([row.fingerprint, row.first])
        }
      })
      return seen
    },
    forget: async (fingerprints) => {
      await db.transaction().execute(async (transaction) => {
        for (const part of chunks(fingerprints))
          await transaction.deleteFrom('first_seen').where('fingerprint', 'in', part).execute()
      })
    },
  }
}

function intentsOf(
  database: DatabaseSyncInstance,
  db: Kysely<Tables>,
): Pick<Engine, 'intend' | 'settle' | 'openIntents'> {
  return {
    intend: async (intent) => {
      const row = {
        id: intent.id,
        app: plainText(intent.app),
        object: plainText(intent.object),
        uid: intent.uid,
        action: intent.action,
        time: intent.time,
      }
      // In WAL mode only FULL syncs the log at each commit; with NORMAL a power cut may take the last commits back.
      database.exec('PRAGMA synchronous = FULL')
      try {
        await db.replaceInto('intent').values(row).execute()
      } finally {
        database.exec('PRAGMA synchronous = NORMAL')
      }
    },
    settle: async (id) => {
      await db.deleteFrom('intent').where('id', '=', id).execute()
    },
    openIntents: async () => {
      const rows = await db.selectFrom('intent').selectAll().orderBy('time').orderBy('id').execute()
      return rows.map((row): Intent => ({ ...row, action: row.action as Intent['action'] }))
    },
  }
}

function rendersOf(db: Kysely<Tables>): Pick<Engine, 'lastRender' | 'keepRender'> {
  return {
    lastRender: async (app) => {
      const row = await db.selectFrom('render').select('render').where('app', '=', app).executeTakeFirst()
      return row === undefined ? null : (JSON.parse(row.render) as KeptRender)
    },
    keepRender: async ({ app, render }) => {
      await db
        .replaceInto('render')
        .values({ app: plainText(app), render: JSON.stringify(render) })
        .execute()
    },
  }
}

const ROWS_AT_ONCE = 200

function preExistingOf(db: Kysely<Tables>): Pick<Engine, 'preExisting' | 'setPreExisting'> {
  return {
    preExisting: async (app) => {
      const rows = await db.selectFrom('pre_existing').select(['object', 'paths']).where('app', '=', app).execute()
      return rows.map((row) => [row.object, JSON.parse(row.paths) as string[]] as const)
    },
    setPreExisting: async (entries) => {
      // SQLite takes a limited number of values in one statement.
      for (let at = 0; at < entries.length; at += ROWS_AT_ONCE) {
        const rows = entries.slice(at, at + ROWS_AT_ONCE)
        await db
          .replaceInto('pre_existing')
          .values(rows.map(({ app, object, paths }) => ({ app, object, paths: JSON.stringify(paths) })))
          .execute()
      }
    },
  }
}

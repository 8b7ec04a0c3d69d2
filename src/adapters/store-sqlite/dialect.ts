import type { DatabaseSyncInstance } from '@photostructure/sqlite'
import type { SqliteDatabase, SqliteStatement } from 'kysely'

type Bound = Parameters<ReturnType<DatabaseSyncInstance['prepare']>['run']>

/** Statements kept prepared; one per distinct SQL text. Few texts exist, so the bound is only a safeguard. */
const STATEMENTS = 100

/** The database as Kysely's SQLite dialect expects it: parameters as one list, and knowing which statements give rows. */
export function kyselyDatabase(database: DatabaseSyncInstance): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>()
  return {
    close: () => {
      statements.clear()
      database.close()
    },
    prepare: (sql) => {
      const known = statements.get(sql)
      if (known) return known
      const statement = database.prepare(sql)
      const adapted: SqliteStatement = {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...(parameters as Bound)),
        run: (parameters) => statement.run(...(parameters as Bound)),
        iterate: (parameters) => statement.iterate(...(parameters as Bound)),
      }
      if (statements.size >= STATEMENTS) statements.clear()
      statements.set(sql, adapted)
      return adapted
    },
  }
}

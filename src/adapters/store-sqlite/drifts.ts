// Drift records and what people say of them.
import type { Kysely } from 'kysely'
import { type DriftNote, type DriftRecord, withNotes } from '../../core/record/index.ts'
import type { Engine } from './protocol.ts'
import type { Tables } from './schema.ts'

const MOST_OPEN = 10_000
const MOST_ASKED = 1_000
const KEEP_DAYS = 400

const dayBefore = (iso: string, days: number): string => new Date(Date.parse(iso) - days * 86_400_000).toISOString()

async function withTheirNotes(db: Kysely<Tables>, records: readonly DriftRecord[]): Promise<readonly DriftRecord[]> {
  if (records.length === 0) return records
  const ids = records.map(({ id }) => id)
  const rows = await db.selectFrom('drift_note').selectAll().where('drift', 'in', ids).orderBy('id').execute()
  return records.map((record) => {
    const own = rows.filter(({ drift }) => drift === record.id)
    return withNotes(
      record,
      own.map(({ note }) => JSON.parse(note) as DriftNote),
    )
  })
}

export function driftsOf(db: Kysely<Tables>): Pick<Engine, 'keepDrift' | 'openDrifts' | 'drifts' | 'annotate'> {
  let sweptOn = ''
  const sweep = async (now: string): Promise<void> => {
    const day = now.slice(0, 10)
    if (day === sweptOn) return
    sweptOn = day
    await db.deleteFrom('drift').where('closed', '<', dayBefore(now, KEEP_DAYS)).execute()
    await db
      .deleteFrom('drift_note')
      .where('drift', 'not in', (all) => all.selectFrom('drift').select('drift.id'))
      .execute()
  }
  return {
    keepDrift: async (record) => {
      await sweep(record.opened)
      const { id, app, opened, closed } = record
      const kept = JSON.stringify({ ...record, notes: [] })
      await db.replaceInto('drift').values({ id, app, opened, closed, record: kept }).execute()
    },
    openDrifts: async () => {
      const open = db.selectFrom('drift').select('record').where('closed', 'is', null)
      const rows = await open.orderBy('opened', 'desc').limit(MOST_OPEN).execute()
      return rows.map(({ record }) => JSON.parse(record) as DriftRecord)
    },
    drifts: async ({ app, id, limit }) => {
      const all = db.selectFrom('drift').select('record').orderBy('opened', 'desc')
      const ofApp = app === undefined ? all : all.where('app', '=', app)
      const wanted = id === undefined ? ofApp : ofApp.where('id', '>=', id).where('id', '<', `${id}g`)
      const rows = await wanted.limit(Math.min(Math.max(Math.trunc(limit), 0), MOST_ASKED)).execute()
      return withTheirNotes(
        db,
        rows.map(({ record }) => JSON.parse(record) as DriftRecord),
      )
    },
    annotate: async ({ id, note }) => {
      await db
        .insertInto('drift_note')
        .values({ drift: id, note: JSON.stringify(note) })
        .execute()
    },
  }
}

// The durable state beside the cluster, in one SQLite file.
export { sqliteStore, type SqliteStore, type SqliteStoreOptions } from './store.ts'

// What the process tells over HTTP.
export { type AuditSink, type AuditSinkOptions, serveAudit } from './audit.ts'
export { serveApi, type Api, type ApiOptions, type Readiness } from './server.ts'

// What the process tells over HTTP.
export { serveApi, type Api, type ApiOptions, type Readiness } from './server.ts'

// Desired state from repositories: revisions, files, renders.
export { type Environment } from './environment.ts'
export { SOURCE_LIMITS, type SourceLimits } from './limits.ts'
export { type LocalOptions, renderLocal, renderText } from './render/local.ts'
export { createSource, type SourceOptions, type SourceRepositories } from './source.ts'

// Desired state from Git: mirrors, revisions, renders.
export { type Environment } from './environment.ts'
export { SOURCE_LIMITS, type SourceLimits } from './limits.ts'
export { type LocalOptions, renderLocal, renderText } from './local.ts'
export { createSource, type GitSource, type SourceOptions } from './source.ts'

// Desired state from repositories: revisions, files, renders.
export { type Environment } from './environment.ts'
export { SOURCE_LIMITS, type SourceLimits } from './limits.ts'
export { WorkTree } from './git/work-tree.ts'
export { KUSTOMIZATION_FILES } from './render/kustomize-document.ts'
export { otherReaders } from './render/kustomize-readers.ts'
export { localChange, localText, pathInside, workingCopyOf } from './local-history.ts'
export { type LocalOptions, renderLocal, renderText } from './render/local.ts'
export { createSource, type SourceOptions, type SourceRepositories } from './source.ts'

// Argo CD's objects as users write them → what Holdfast works with.
export type * from './types.ts'
export type * from './source-types.ts'
export type * from './source-settings-types.ts'
export { accessFor } from './access-for.ts'
export { IN_CLUSTER_NAME, IN_CLUSTER_SERVER, parseApplication } from './application.ts'
export { parseGoDuration } from './duration.ts'
export { isDeeperThan } from './field.ts'
export { globMatches, type GlobOptions, isGlob } from './glob.ts'
export {
  parseIgnoreRules,
  parseRuleFile,
  holdsIgnoreRules,
  IGNORE_RULES_LABEL,
  NO_RULES,
  type RuleDocument,
} from './ignore-document.ts'
export { writtenPlaces } from './ignore-note.ts'
export { NO_BOOK, RuleBook, ruleMatches } from './rule-book.ts'
export { isExcluded } from './resource-filter.ts'
export { type JqMatches, type JqPathParse, type JsonPath, matchJqPaths, parseJqPath } from './jq-path.ts'
export { formatPointerText, matchPointers, parsePointer, type PointerParse } from './json-pointer.ts'
export { projectAllowsApp, projectAllowsObject, sourceReposAllow } from './permission.ts'
export {
  type FieldOwnerRule,
  NO_OWNERSHIP,
  NO_WRITER_SETTINGS,
  type ObjectOwnerRule,
  type ObjectScope,
  OWNERSHIP_CONFIG_MAP,
  type OwnershipMap,
  type OwnershipRead,
  type OwnershipSettings,
  parseOwnership,
  type WriterPatterns,
  type WriterSettings,
} from './ownership-settings.ts'
export { DEFAULT_PROJECT, parseProject } from './project.ts'
export { parseRepositoryAccess } from './repository-access.ts'
export { parseSettings } from './settings.ts'
export { overrideSource } from './source-override.ts'
export { DEFAULT_SOURCE_SETTINGS, parseSourceSettings, type SourceSettingsInput } from './source-settings.ts'
export { parseTakeover, TAKEOVER_ANNOTATION } from './takeover.ts'
export { bestVersion, isVersionRange, versionInRange } from './version-range.ts'

import { NO_WRITER_SETTINGS, writerOf } from '../classify/index.ts'

/** Pipelines deliver with it as well. */
const DELIVERS = 'kubectl-client-side-apply'

/** Managers that are tools in somebody's hands: what they write is an edit, never a controller's work. */
export function isPersonsTool(manager: string): boolean {
  const { kind, mechanism } = writerOf({ manager }, NO_WRITER_SETTINGS)
  return manager !== DELIVERS && (kind === 'person' || mechanism === 'manual')
}

import { isMap, type Json, type JsonMap } from '../kube/index.ts'
import { type ProblemSubject, problem } from '../problem/index.ts'
import { type Field, isDeeperThan, type Reading } from './field.ts'
import { readToolOptions } from './source.ts'
import type { SourceDefinition } from './source-types.ts'
import type { Parsed } from './types.ts'

const MAX_DEPTH = 100

/** Where a source comes from is said by the Application alone. */
const KEPT = ['repoURL', 'targetRevision', 'tagPrefix', 'path', 'chart', 'ref', 'name']

/** JSON merge patch (RFC 7386): null removes, maps are merged, anything else replaces. */
function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isMap(patch)) return patch
  const merged = new Map(isMap(target) ? Object.entries(target) : [])
  for (const [name, value] of Object.entries(patch)) {
    if (value === null || value === undefined) merged.delete(name)
    else merged.set(name, mergePatch(merged.get(name), value))
  }
  return Object.fromEntries(merged)
}

function without(map: JsonMap, names: readonly string[]): JsonMap {
  return Object.fromEntries(Object.entries(map).filter(([name]) => !names.includes(name)))
}

/**
 * A source with the content of `.argocd-source.yaml` or `.argocd-source-<app>.yaml` laid over it. Only the options of the
 * tools count; where the source comes from stays. `written` is the merged form, so that a second file goes over the
 * first. `subject` names the file. An empty file (null) changes nothing. No value: the file cannot be used.
 */
export function overrideSource(
  source: SourceDefinition,
  override: Json,
  subject: ProblemSubject,
): Parsed<SourceDefinition> {
  if (override === null) return { value: source, problems: [] }
  if (!isMap(override)) {
    return { value: null, problems: [problem('HF2001', 'the file must hold a map such as helm: {…}', subject)] }
  }
  if (isDeeperThan(override, MAX_DEPTH)) {
    return { value: null, problems: [problem('HF2001', `the file is nested deeper than ${MAX_DEPTH} levels`, subject)] }
  }
  const value = mergePatch(source.written, without(override, KEPT))
  const reading: Reading = { problems: [], subject }
  const field: Field = { reading, path: '', value }
  const merged = { ...source, ...readToolOptions(field) }
  const usable = reading.problems.every(({ code }) => code === 'HF2007')
  return { value: usable ? merged : null, problems: reading.problems }
}

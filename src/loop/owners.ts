// Where owners of an application's objects may be named: marks, the ownership map, CODEOWNERS.
import { type Marked, markedBy, type OwnerSources, parseCodeowners } from '../core/classify/index.ts'
import {
  type AppDefinition,
  OWNERSHIP_CONFIG_MAP,
  type OwnershipRead,
  parseOwnership,
} from '../core/definition/index.ts'
import { canonicalJson, type Json, type KubeObject } from '../core/kube/index.ts'
import type { ClusterReader } from '../ports/cluster-reader.ts'
import type { RevisedSource, Source } from '../ports/source.ts'

const CODEOWNERS_FILES = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS', '.gitlab/CODEOWNERS'] as const

/** The ConfigMap beside the Applications. */
export async function readOwnership(reader: Pick<ClusterReader, 'get'>, namespace: string): Promise<OwnershipRead> {
  const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace, name: OWNERSHIP_CONFIG_MAP }
  return parseOwnership(await reader.get(ref))
}

/** The first CODEOWNERS file that there is. */
export async function readCodeownersBy(
  read: (file: string) => Promise<string | null>,
): Promise<OwnerSources['codeowners']> {
  for (const file of CODEOWNERS_FILES) {
    const text = await read(file)
    if (text !== null) return { file, rules: parseCodeowners(text) }
  }
  return null
}

/** Of the first source at the revision in force. Throws HoldfastError HF1xxx. */
export async function readCodeowners(
  source: Pick<Source, 'textOf'>,
  sources: readonly RevisedSource[],
): Promise<OwnerSources['codeowners']> {
  const [first] = sources
  if (first === undefined || first.source.chart !== '') return null
  const found = await readCodeownersBy((file) => source.textOf(first, file))
  if (found === null) return null
  const isBeside = (one: RevisedSource): boolean => one.source.repoURL === first.source.repoURL
  return { ...found, sources: [...sources.keys()].filter((index) => isBeside(sources[index] ?? first)) }
}

/** What the Application and its project say; equal marks stay the same ones, so that only others are news. */
export function ownersIn(
  before: OwnerSources,
  { definition, object, appProject }: { definition: AppDefinition; object: KubeObject; appProject: Marked | null },
): OwnerSources {
  const application = markedBy(`Application ${definition.key}`, object)
  const now = { ...before, project: definition.project, application, appProject }
  const print = ({ codeowners: _, ...marks }: OwnerSources): string => canonicalJson(marks as unknown as Json)
  return print(now) === print(before) ? before : now
}

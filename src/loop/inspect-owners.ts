// Where owners of an application's objects may be named: marks, the ownership map, CODEOWNERS.
import { type Marked, type OwnerSources, parseCodeowners } from '../core/classify/index.ts'
import {
  type AppDefinition,
  OWNERSHIP_CONFIG_MAP,
  type OwnershipSettings,
  parseOwnership,
} from '../core/definition/index.ts'
import type { KubeObject } from '../core/kube/index.ts'
import type { Problem } from '../core/problem/index.ts'
import type { ClusterReader } from '../ports/cluster-reader.ts'

type Reader = Pick<ClusterReader, 'kind' | 'get'>

const CODEOWNERS_FILES = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS', '.gitlab/CODEOWNERS'] as const

/** The ConfigMap beside the Applications. */
export async function readOwnership(
  reader: Pick<Reader, 'get'>,
  namespace: string,
): Promise<{ readonly value: OwnershipSettings; readonly problems: readonly Problem[] }> {
  const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace, name: OWNERSHIP_CONFIG_MAP }
  return parseOwnership(await reader.get(ref))
}

export function markedBy(what: string, { metadata }: KubeObject): Marked {
  return { what, labels: metadata.labels ?? {}, annotations: metadata.annotations ?? {} }
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

async function projectMarks(reader: Reader, { project, namespace }: AppDefinition): Promise<Marked | null> {
  const kind = { group: 'argoproj.io', version: 'v1alpha1', kind: 'AppProject' }
  if ((await reader.kind(kind)) === undefined) return null
  const object = await reader.get({ ...kind, namespace, name: project })
  return object === null ? null : markedBy(`AppProject ${project}`, object)
}

export async function readOwnerSources(
  reader: Reader,
  application: KubeObject,
  definition: AppDefinition,
): Promise<OwnerSources> {
  return {
    project: definition.project,
    application: markedBy(`Application ${definition.key}`, application),
    appProject: await projectMarks(reader, definition),
    codeowners: null,
  }
}

// The shipped schemas of the built-in kinds, one file per Kubernetes minor.
import { readdirSync, readFileSync } from 'node:fs'
import type { SchemaData } from '../../core/merge/index.ts'
import { HoldfastError, problem } from '../../core/problem/index.ts'

export interface KubernetesData extends SchemaData {
  /** e.g. `1.35` */
  readonly kubernetes: string
  /** By `group/version/kind`. */
  readonly resources: Readonly<Record<string, { readonly namespaced: boolean; readonly resource: string }>>
}

/** Three folders up both from src/adapters/file-cluster and from dist/adapters/file-cluster. */
const DATA = new URL('../../../data/kubernetes/', import.meta.url)

function minorOf(name: string): number {
  return Number(name.split('.')[1])
}

/** The newest minor that is shipped. Throws HF7004 when the installation lacks its data. */
export function kubernetesData(): KubernetesData {
  try {
    const minors = readdirSync(DATA).filter((name) => /^1\.\d+$/.test(name))
    const newest = minors.sort((a, b) => minorOf(b) - minorOf(a))[0] ?? 'none'
    return JSON.parse(readFileSync(new URL(`${newest}/schemas.json`, DATA), 'utf8')) as KubernetesData
  } catch (error) {
    const message = `the shipped schemas cannot be read: ${(error as Error).message}`
    throw new HoldfastError(problem('HF7004', message, {}, 'Install Holdfast anew: data/kubernetes is missing.'))
  }
}

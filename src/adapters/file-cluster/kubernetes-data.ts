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
  return Number(/^1\.(\d+)/.exec(name)?.[1] ?? Number.NaN)
}

/** Of the shipped minors the nearest to the one asked for, of two as near the newer; the newest where none is asked for. */
export function nearestMinor(shipped: readonly string[], asked?: string): string | undefined {
  const minor = asked === undefined ? Number.NaN : minorOf(asked)
  const wanted = Number.isNaN(minor) ? Number.POSITIVE_INFINITY : minor
  const newestFirst = [...shipped].sort((a, b) => minorOf(b) - minorOf(a))
  const [newest] = newestFirst
  if (newest === undefined || wanted >= minorOf(newest)) return newest
  return newestFirst.reduce((best, it) =>
    Math.abs(minorOf(it) - wanted) < Math.abs(minorOf(best) - wanted) ? it : best,
  )
}

/**
 * The shipped schemas nearest to a minor such as `1.34`; the newest by default. Throws HF7004 when the installation lacks
 * its data.
 */
export function kubernetesData(minor?: string): KubernetesData {
  try {
    const shipped = readdirSync(DATA).filter((name) => /^1\.\d+$/.test(name))
    const chosen = nearestMinor(shipped, minor) ?? 'none'
    return JSON.parse(readFileSync(new URL(`${chosen}/schemas.json`, DATA), 'utf8')) as KubernetesData
  } catch (error) {
    const message = `the shipped schemas cannot be read: ${(error as Error).message}`
    throw new HoldfastError(problem('HF7004', message, {}, 'Install Holdfast anew: data/kubernetes is missing.'))
  }
}

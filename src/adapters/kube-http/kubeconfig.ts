// Which cluster and which user do the kubeconfig files name?
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { FAILSAFE_SCHEMA, load } from 'js-yaml'
import { isMap } from '../../core/kube/index.ts'
import { HoldfastError, problem } from '../../core/problem/index.ts'
import type { ClusterConfig, Environment } from './config.ts'
import { type Entry, readCluster, readUser, unusable } from './kubeconfig-entry.ts'

export interface KubeConfigOptions {
  /** This file alone; it must exist. Without it the KUBECONFIG list, then `$HOME/.kube/config`. */
  readonly path?: string
  readonly context?: string
  readonly env: Environment
}

interface Merged {
  readonly files: readonly string[]
  currentContext: string
  readonly clusters: Map<string, Entry>
  readonly users: Map<string, Entry>
  readonly contexts: Map<string, Entry>
}

/** Files in the order of precedence; a missing one is an error only when it was named explicitly. */
export function kubeConfigFiles(options: KubeConfigOptions): { files: string[]; mustExist: boolean } {
  if (options.path !== undefined && options.path !== '') return { files: [options.path], mustExist: true }
  const list = (options.env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '')
  if (list.length > 0) return { files: [...new Set(list)], mustExist: false }
  const home = options.env['HOME'] ?? options.env['USERPROFILE'] ?? ''
  return { files: home === '' ? [] : [join(home, '.kube', 'config')], mustExist: false }
}

function readFile(file: string, { mustExist }: { mustExist: boolean }): unknown {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (missing && !mustExist) return null
    throw unusable(file, missing ? 'the file does not exist' : (error as Error).message)
  }
  try {
    // Every scalar stays text: a token or user name of digits must not become a number.
    return text.trim() === '' ? null : load(text, { schema: FAILSAFE_SCHEMA })
  } catch (error) {
    // Only the reason and the line: the parser's own message quotes the file, credentials included.
    const { reason, mark } = error as { reason?: string; mark?: { line: number } }
    const where = { file, ...(mark === undefined ? {} : { line: mark.line + 1 }) }
    throw new HoldfastError(
      problem('HF4011', `kubeconfig ${file} is not valid YAML: ${reason ?? 'unreadable'}.`, where),
    )
  }
}

/** First file to name an entry wins, as kubectl merges. */
function take(into: Map<string, Entry>, list: unknown, source: { key: string; file: string }): void {
  if (!Array.isArray(list)) return
  for (const item of list) {
    if (!isMap(item) || typeof item['name'] !== 'string') continue
    const value = item[source.key]
    if (!into.has(item['name'])) into.set(item['name'], { file: source.file, value: isMap(value) ? value : {} })
  }
}

function merge(options: KubeConfigOptions): Merged {
  const { files, mustExist } = kubeConfigFiles(options)
  const merged: Merged = { files, currentContext: '', clusters: new Map(), users: new Map(), contexts: new Map() }
  for (const file of files) {
    const document = readFile(file, { mustExist })
    if (document === null) continue
    if (!isMap(document)) throw unusable(file, 'it is not a kubeconfig')
    take(merged.clusters, document['clusters'], { key: 'cluster', file })
    take(merged.users, document['users'], { key: 'user', file })
    take(merged.contexts, document['contexts'], { key: 'context', file })
    const current = document['current-context']
    if (merged.currentContext === '' && typeof current === 'string') merged.currentContext = current
  }
  return merged
}

function named(map: Map<string, Entry>, what: { kind: string; name: unknown; files: readonly string[] }): Entry {
  const entry = typeof what.name === 'string' ? map.get(what.name) : undefined
  if (entry !== undefined) return entry
  const have = [...map.keys()].sort().join(', ')
  throw unusable(
    what.files.join(delimiter),
    `${what.kind} "${String(what.name ?? '')}" is not in it (has: ${have || 'none'})`,
  )
}

/** Throws HoldfastError HF4011 that names the file. Nothing is contacted and no plugin is run. */
export function loadKubeConfig(options: KubeConfigOptions): ClusterConfig {
  const merged = merge(options)
  const name = options.context ?? merged.currentContext
  if (name === '') {
    const { files } = merged
    if (files.some((file) => existsSync(file)))
      throw unusable(files.join(delimiter), 'no current context is set and none was named')
    throw unusable(files.join(delimiter) || '(none)', 'there is no such file, so no cluster is named')
  }
  const { files } = merged
  const context = named(merged.contexts, { kind: 'context', name, files })
  const cluster = named(merged.clusters, { kind: 'cluster', name: context.value['cluster'], files })
  const userName = context.value['user']
  const user = userName === undefined ? null : named(merged.users, { kind: 'user', name: userName, files })
  const namespace = context.value['namespace']
  return {
    ...readCluster(cluster),
    origin: `kubeconfig ${context.file}, context "${name}"`,
    namespace: typeof namespace === 'string' && namespace !== '' ? namespace : 'default',
    ...(typeof userName === 'string' ? { userName } : {}),
    user: readUser(user),
  }
}

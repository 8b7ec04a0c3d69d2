// Chart.yaml and what stands beside it: the names and dependencies of a chart.
import { createHash } from 'node:crypto'
import { isMap, type Json, type JsonMap } from '../../../core/kube/index.ts'
import { HoldfastError, problem } from '../../../core/problem/index.ts'
import { readYaml, YAML_LIMITS } from '../../../core/yaml/index.ts'

export interface Dependency {
  readonly name: string
  /** A range; '' = any. */
  readonly version: string
  /** '' = it lies in charts/. */
  readonly repository: string
  /** As it stands there. */
  readonly written: JsonMap
}

export interface ChartLock {
  readonly dependencies: readonly Dependency[]
  readonly digest: string
}

const text = (value: Json | undefined): string =>
  typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : ''

function mapIn(content: Buffer, file: string): JsonMap {
  const { documents, problems } = readYaml(content.toString('utf8'), {
    ...{ file, limits: { ...YAML_LIMITS, repeatedKeys: 'last' } },
  })
  if (problems[0] !== undefined) throw new HoldfastError(problems[0])
  const value = documents[0]?.value
  if (isMap(value)) return value
  throw new HoldfastError(problem('HF1003', `${file} is not a map`, { file }))
}

function dependenciesIn(value: Json | undefined): readonly Dependency[] {
  if (!Array.isArray(value)) return []
  return (value as readonly Json[]).filter(isMap).map((written) => ({
    name: text(written.name),
    version: text(written.version),
    repository: text(written.repository),
    written,
  }))
}

/** Throws HF1003. */
export function readChartFile(content: Buffer, file: string): { name: string; version: string; apiVersion: string } {
  const chart = mapIn(content, file)
  return { name: text(chart.name), version: text(chart.version), apiVersion: text(chart.apiVersion) }
}

/** Of Chart.yaml or requirements.yaml; null when the file says nothing of dependencies. Throws HF1003. */
export function readDependencies(content: Buffer, file: string): readonly Dependency[] | null {
  const { dependencies } = mapIn(content, file)
  return dependencies === undefined ? null : dependenciesIn(dependencies)
}

/** Of Chart.lock or requirements.lock. Throws HF1003. */
export function readLock(content: Buffer, file: string): ChartLock {
  const lock = mapIn(content, file)
  return { dependencies: dependenciesIn(lock.dependencies), digest: text(lock.digest) }
}

/** JSON as Go writes it, keys of maps in the order of their names. */
function goJson(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(goJson).join(',')}]`
  if (isMap(value)) {
    const keys = Object.keys(value).sort()
    return `{${keys.map((key) => `${goJson(key)}:${goJson(value[key])}`).join(',')}}`
  }
  const escapes: Readonly<Record<string, string>> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026' }
  return JSON.stringify(value ?? null)
    .replace(/[<>&]/g, (char) => escapes[char] ?? char)
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029')
}

const OPTIONAL = ['condition', 'tags', 'enabled', 'import-values', 'alias'] as const

/** The fields of a dependency in the order in which helm writes them, empty ones left out. */
function dependencyJson({ name, version, repository, written }: Dependency): string {
  const isEmpty = (value: Json | undefined): boolean =>
    value === undefined ||
    value === null ||
    value === '' ||
    value === false ||
    (Array.isArray(value) && value.length === 0)
  const fields: (readonly [string, Json | undefined])[] = [
    ['name', name],
    ...(version === '' ? [] : [['version', version] as const]),
    ['repository', repository],
    ...OPTIONAL.filter((key) => !isEmpty(written[key])).map((key) => [key, written[key]] as const),
  ]
  return `{${fields.map(([key, value]) => `${JSON.stringify(key)}:${goJson(value)}`).join(',')}}`
}

const listJson = (dependencies: readonly Dependency[]): string => `[${dependencies.map(dependencyJson).join(',')}]`
const sha256 = (json: string): string => `sha256:${createHash('sha256').update(json).digest('hex')}`

/** Whether the lock was made from these dependencies, by Helm 3 and later or by Helm 2. */
export function fitsLock(dependencies: readonly Dependency[], lock: ChartLock): boolean {
  const byAlias = dependencies.some(({ repository }) => /^(@|alias:)/.test(repository))
  // Helm puts the URL in place of the alias before it makes the digest, and that URL is everybody's own.
  if (byAlias || lock.digest === '') return true
  const now = sha256(`[${listJson(dependencies)},${listJson(lock.dependencies)}]`)
  return lock.digest === now || lock.digest === sha256(`{"dependencies":${listJson(dependencies)}}`)
}

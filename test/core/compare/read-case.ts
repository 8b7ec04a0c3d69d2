// A case folder → what `compare` is to be given, and what is expected of it.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { loadAll } from 'js-yaml'
import type { CompareInput, Neighbours } from '../../../src/core/compare/index.ts'
import { ownershipOf } from '../../../src/core/classify/index.ts'
import { parseApplication, parseSettings, RuleBook } from '../../../src/core/definition/index.ts'
import { type KubeObject, type ObjectRef, refOf } from '../../../src/core/kube/index.ts'
import {
  DEDUCED,
  type ObjectSchema,
  type SchemaData,
  schemaFromCrd,
  schemaFromData,
} from '../../../src/core/merge/index.ts'

export const SCHEMAS = JSON.parse(
  readFileSync(new URL('../../../data/kubernetes/1.35/schemas.json', import.meta.url), 'utf8'),
) as SchemaData

const compiled = new Map<string, ObjectSchema>()

/** The schema of a built-in kind of Kubernetes 1.35; other kinds are deduced from the values. */
export function schemaOfKind(ref: Pick<ObjectRef, 'group' | 'version' | 'kind'>): ObjectSchema {
  const key = `${ref.group}/${ref.version}/${ref.kind}`
  const schema = compiled.get(key) ?? schemaFromData(SCHEMAS, ref) ?? DEDUCED
  compiled.set(key, schema)
  return schema
}

export function ignoreRulesOf(application: KubeObject | null, argocdCm: KubeObject | null = null): RuleBook {
  const definition = application === null ? null : parseApplication(application).value
  const settings = parseSettings(argocdCm).value
  return new RuleBook(
    [...(definition?.ignoreDifferences ?? []), ...(settings?.ignoreDifferences ?? [])],
    definition?.switchedOff,
    settings?.knownTypes,
  )
}

export interface Expected {
  readonly title: string
  readonly requirements: readonly string[]
  /** `change path`, sorted by path. */
  readonly fields: readonly string[]
  /** Some of what is ignored: `path rule`; a third word `carry` where live's value is to be left alone. */
  readonly ignored?: readonly string[]
  /** Who is told to own what is ignored, by path. */
  readonly owners?: Readonly<Record<string, string>>
  /** Values of the fields that the case is about, by path. */
  readonly values?: Readonly<Record<string, { readonly desired?: unknown; readonly live?: unknown }>>
  readonly pointers?: Readonly<Record<string, string>>
  readonly doubtful?: boolean
}

export interface Case {
  readonly name: string
  readonly input: CompareInput
  readonly expected: Expected
}

const CASES = new URL('../../cases/compare/', import.meta.url)

function documents(folder: URL, file: string): unknown[] {
  const place = new URL(file, folder)
  return existsSync(place) ? loadAll(readFileSync(place, 'utf8')) : []
}

export function readCase(name: string): Case {
  const folder = new URL(`${name}/`, CASES)
  const [desired] = documents(folder, 'desired.yaml') as KubeObject[]
  const [live] = documents(folder, 'live.yaml') as KubeObject[]
  const [form] = documents(folder, 'form.yaml') as KubeObject[]
  const [app] = documents(folder, 'app.yaml') as KubeObject[]
  const [argocdCm] = documents(folder, 'argocd-cm.yaml') as KubeObject[]
  const [crd] = documents(folder, 'crd.yaml')
  const [neighbours] = documents(folder, 'neighbours.yaml') as Neighbours[]
  const [expected] = documents(folder, 'expected.yaml') as Expected[]
  if (desired === undefined || live === undefined || expected === undefined) throw new Error(`${name} lacks a file`)
  const ref = refOf(desired)
  const schema = crd === undefined ? schemaOfKind(ref) : schemaFromCrd(crd, ref.version, SCHEMAS)
  const ownership = ownershipOf(live)
  return {
    name,
    expected,
    input: {
      ref,
      desired,
      live,
      schema: schema ?? DEDUCED,
      normalForm: form ?? null,
      ignore: ignoreRulesOf(app ?? null, argocdCm ?? null),
      neighbours: neighbours ?? { autoscalers: [] },
      managersOf: (path) => ownership.owners(path).map(({ entry }) => entry.manager ?? ''),
    },
  }
}

export const caseNames: readonly string[] = readdirSync(CASES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(new URL(`${entry.name}/expected.yaml`, CASES)))
  .map(({ name }) => name)

import { readFileSync } from 'node:fs'
import { kubernetesData } from '../../src/adapters/file-cluster/kubernetes-data.ts'
import { type ObjectSchema, schemaFromData } from '../../src/core/merge/index.ts'

/** The minor that the test control plane runs and that the oracle's modules are of. */
export const DATA = kubernetesData('1.35')

const schemas = new Map<string, ObjectSchema>()

/** The shipped schema of `group/version/kind`. */
export function builtIn(key: string): ObjectSchema {
  const [group = '', version = '', kind = ''] = key.split('/')
  const schema = schemas.get(key) ?? schemaFromData(DATA, { group, version, kind })
  if (schema === null) throw new Error(`no schema of ${key}`)
  schemas.set(key, schema)
  return schema
}

/** Lines of a file of test/cases/merge. */
export function casesIn<T>(name: string): T[] {
  const text = readFileSync(new URL(`../cases/merge/${name}`, import.meta.url), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T)
}

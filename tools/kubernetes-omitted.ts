// Writes src/core/merge/omitted-zeros.ts: which scalar fields of built-in kinds the server leaves out when they hold the zero
// value of their Go type. OpenAPI does not say it, the Go types do (`omitempty`, and no pointer):
//   npx tsx tools/kubernetes-omitted.ts
// Reads the modules that the newest pinned API server is built from, out of Go's module cache.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NEWEST } from './pinned-servers.ts'

/** Module, folder of its types, and how OpenAPI calls a package of it. */
const SOURCES = [
  { module: 'api', folder: '', prefix: 'io.k8s.api' },
  { module: 'apimachinery', folder: 'pkg/apis', prefix: 'io.k8s.apimachinery.pkg.apis' },
  { module: 'apiextensions-apiserver', folder: 'pkg/apis', prefix: 'io.k8s.apiextensions-apiserver.pkg.apis' },
  { module: 'kube-aggregator', folder: 'pkg/apis', prefix: 'io.k8s.kube-aggregator.pkg.apis' },
]

const cache = execFileSync('go', ['env', 'GOMODCACHE'], { encoding: 'utf8' }).trim()

function folderOf(module: string): string {
  const all = readdirSync(join(cache, 'k8s.io'))
  const wanted = `${module}@v0.${NEWEST.split('.')[1]}.`
  const found = all.filter((name) => name.startsWith(wanted)).sort()
  const last = found.at(-1)
  if (last === undefined) throw new Error(`${wanted}* is not in ${cache}: build the test control plane first`)
  return join(cache, 'k8s.io', last)
}

interface GoField {
  readonly type: string
  readonly json: string
  readonly omitted: boolean
  readonly inline: boolean
}

const FIELD = /^\t(?:\w+ +)?(\*?[\w.[\]*]+)\s+`json:"([^"]*)"/

/** Structs of a package by name, and what its other types stand for. */
function typesOf(folder: string): { structs: Map<string, GoField[]>; aliases: Map<string, string> } {
  const structs = new Map<string, GoField[]>()
  const aliases = new Map<string, string>()
  for (const file of readdirSync(folder).filter((name) => /types.*\.go$/.test(name) && !name.endsWith('_test.go'))) {
    let current: GoField[] | undefined
    for (const line of readFileSync(join(folder, file), 'utf8').split('\n')) {
      const struct = /^type (\w+) struct/.exec(line) ?? /^\t?(\w+) struct \{$/.exec(line)
      const alias = /^type (\w+) (\w+)$/.exec(line)
      if (struct?.[1] !== undefined) structs.set(struct[1], (current = []))
      else if (alias?.[1] !== undefined) aliases.set(alias[1], alias[2] as string)
      else if (line.startsWith('}')) current = undefined
      const field = FIELD.exec(line.replace(/\t(\w+)\s+/, '\t$1 '))
      if (field === null || current === undefined) continue
      const [json = '', ...options] = (field[2] as string).split(',')
      const inline = options.includes('inline') || json === ''
      current.push({ type: field[1] as string, json, omitted: options.includes('omitempty'), inline })
    }
  }
  return { structs, aliases }
}

type Types = ReturnType<typeof typesOf>

const SCALARS = /^(string|bool|u?int(8|16|32|64)?|float(32|64)|\[\]byte)$/

function isScalar(type: string, { aliases, structs }: Types): boolean {
  if (SCALARS.test(type)) return true
  if (structs.has(type)) return false
  const stands = aliases.get(type)
  if (stands !== undefined) return isScalar(stands, { aliases, structs })
  // Of another package: the few that are texts.
  return /^(types\.UID|v1\.\w*(Policy|Protocol|NodeName)|metav1\.\w+Operator)$/.test(type)
}

function omittedOf(name: string, types: Types): string[] {
  return (types.structs.get(name) ?? []).flatMap((field) => {
    if (field.inline) return omittedOf(field.type.replace(/^\*?(\w+\.)?/, ''), types)
    return field.omitted && isScalar(field.type, types) ? [field.json] : []
  })
}

const found: Record<string, string> = {}
for (const { module, folder, prefix } of SOURCES) {
  const root = join(folderOf(module), folder)
  for (const group of readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    for (const version of readdirSync(join(root, group.name)).filter((name) => /^v\d+((alpha|beta)\d+)?$/.test(name))) {
      const at = join(root, group.name, version)
      if (!existsSync(at)) continue
      const types = typesOf(at)
      for (const name of types.structs.keys()) {
        const fields = omittedOf(name, types)
        if (fields.length > 0 && !name.endsWith('Status'))
          found[`${prefix}.${group.name}.${version}.${name}`] = fields.sort().join(' ')
      }
    }
  }
}

/** Only what the shipped schemas know of. */
function known(): Set<string> {
  const folder = new URL('../data/kubernetes/', import.meta.url)
  return new Set(
    readdirSync(folder).flatMap((minor) =>
      Object.keys(JSON.parse(readFileSync(new URL(`${minor}/schemas.json`, folder), 'utf8')).definitions),
    ),
  )
}

const names = known()
const lines = Object.keys(found)
  .filter((name) => names.has(name))
  .sort()
  .map((name) => `  '${name}': '${found[name]}',`)
await writeFile(
  new URL('../src/core/merge/omitted-zeros.ts', import.meta.url),
  `// Which scalar fields of built-in kinds does the server leave out when they hold their zero value?
// Written by tools/kubernetes-omitted.ts from the Go types of Kubernetes ${NEWEST}.

const OMITTED: Readonly<Record<string, string>> = {
${lines.join('\n')}
}

const byComponent = new Map<string, ReadonlySet<string>>()
const NONE: ReadonlySet<string> = new Set()

/** Of a component of the server's OpenAPI; none for those of custom resources. */
export function omittedZeros(component: string): ReadonlySet<string> {
  const before = byComponent.get(component)
  if (before !== undefined) return before
  const fields = Object.hasOwn(OMITTED, component) ? new Set(OMITTED[component]?.split(' ')) : NONE
  byComponent.set(component, fields)
  return fields
}
`,
)

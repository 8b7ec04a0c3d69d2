// What a kustomization reads: found by following its files, so that only this is checked out, and its hashes are the key.
import { isMap, type Json } from '../../../core/kube/index.ts'
import { HoldfastError, problem } from '../../../core/problem/index.ts'
import { readYaml } from '../../../core/yaml/index.ts'
import { shown } from '../git/address.ts'
import type { ListingContext, RepositoryFile } from './listing.ts'
import { outside } from './listing.ts'
import { TooLargeError } from '../files/trees.ts'

export const KUSTOMIZATION_FILES: readonly string[] = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']

export interface Closure {
  readonly files: readonly RepositoryFile[]
}

const REMOTE = /:\/\/|^git::|^git@|\?(ref|version|timeout|submodules)=|^(www\.)?(github|gitlab|bitbucket)\.[a-z]+[/:]/i
const PATH_LISTS = [
  'resources',
  'bases',
  'components',
  'crds',
  'configurations',
  'generators',
  'transformers',
  'validators',
  'patchesStrategicMerge',
]
const PATH_ITEMS = ['patches', 'patchesJson6902', 'replacements']
const GENERATORS = ['configMapGenerator', 'secretGenerator']

const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : [])

/** `key=path` of a generator's file. */
function fileArgument(entry: Json): string[] {
  if (typeof entry !== 'string') return []
  return [entry.slice(entry.indexOf('=') + 1)]
}

function referencesOf(document: Json): string[] {
  if (!isMap(document)) return []
  const paths = PATH_LISTS.flatMap((name) => list(document[name]).filter((entry) => typeof entry === 'string'))
  for (const name of PATH_ITEMS) {
    for (const item of list(document[name])) if (isMap(item) && typeof item.path === 'string') paths.push(item.path)
  }
  for (const name of GENERATORS) {
    for (const item of list(document[name])) {
      if (!isMap(item)) continue
      paths.push(...[...list(item.files), ...list(item.envs)].flatMap(fileArgument))
      if (typeof item.env === 'string') paths.push(item.env)
    }
  }
  if (isMap(document.openapi) && typeof document.openapi.path === 'string') paths.push(document.openapi.path)
  // A patch or a generator's file may also stand inline; text with line breaks is no path.
  return (paths as string[]).filter((path) => path !== '' && !path.includes('\n'))
}

interface Gathering {
  readonly context: ListingContext
  readonly files: Map<string, RepositoryFile>
  readonly directories: Set<string>
}

function add(gathering: Gathering, path: readonly string[], id: string): void {
  const file = path.join('/')
  gathering.files.set(file, { path: file, id })
  const { renderFiles } = gathering.context.limits
  if (gathering.files.size > renderFiles)
    throw new HoldfastError(problem('HF1010', `the kustomization reads more than ${renderFiles} files`))
}

const DEEPEST = 64

/** A kustomization may name any file below its directory: all of it belongs to the closure. */
async function addTree(gathering: Gathering, tree: string, path: readonly string[]): Promise<void> {
  if (path.length > DEEPEST) return
  for (const entry of await gathering.context.trees.entries(tree)) {
    const here = [...path, entry.name]
    if (entry.kind === 'blob') add(gathering, here, entry.id)
    else if (entry.kind === 'tree') await addTree(gathering, entry.id, here)
    else if (entry.kind === 'symlink') {
      const place = await gathering.context.trees.locate(gathering.context.root, here)
      if (place.kind === 'outside') throw new HoldfastError(outside(here.join('/')))
      if (place.kind === 'blob') add(gathering, here, place.id)
    }
  }
}

async function kustomizationAt(gathering: Gathering, tree: string, path: readonly string[]): Promise<Json[]> {
  const { trees } = gathering.context
  for (const entry of await trees.entries(tree)) {
    if (!KUSTOMIZATION_FILES.includes(entry.name)) continue
    const file = [...path, entry.name].join('/')
    const place = await trees.locate(gathering.context.root, [...path, entry.name])
    if (place.kind !== 'blob') continue
    const read = readYaml((await trees.blob(place.id)).toString('utf8'), { file })
    if (read.problems[0] !== undefined) throw new HoldfastError(read.problems[0])
    return read.documents.map(({ value }) => value)
  }
  return []
}

async function enter(gathering: Gathering, tree: string, path: readonly string[]): Promise<void> {
  const key = path.join('/')
  if (gathering.directories.has(key)) return
  gathering.directories.add(key)
  await addTree(gathering, tree, path)
  for (const document of await kustomizationAt(gathering, tree, path)) {
    for (const reference of referencesOf(document)) await followReference(gathering, path, reference)
  }
}

async function followReference(gathering: Gathering, from: readonly string[], reference: string): Promise<void> {
  const { trees, root } = gathering.context
  const file = [...from, 'kustomization.yaml'].join('/')
  if (reference.startsWith('/'))
    throw new HoldfastError(problem('HF1006', `${file} names the absolute path ${shown(reference)}`, { file }))
  const place = await trees.locate(root, [...from, ...reference.split('/')])
  if (place.kind === 'outside') {
    if (REMOTE.test(reference)) throw remote(file, reference)
    throw new HoldfastError(
      problem('HF1006', `${file} names ${shown(reference)}, which leaves the repository`, { file }),
    )
  }
  if (place.kind === 'missing' && REMOTE.test(reference)) throw remote(file, reference)
  if (place.kind === 'submodule')
    throw new HoldfastError(problem('HF1013', `${file} names ${shown(reference)}, which is a submodule`, { file }))
  // Behind a link the directory is checked out under the name of the link too, for that is where the tool looks.
  if (place.kind === 'tree') await enter(gathering, place.id, lexicalPath(from, reference))
  if (place.kind === 'tree') await enter(gathering, place.id, place.path)
  if (place.kind === 'blob') add(gathering, place.path, place.id)
}

function lexicalPath(from: readonly string[], reference: string): string[] {
  const path = [...from]
  for (const segment of reference.split('/')) {
    if (segment === '..') path.pop()
    else if (segment !== '' && segment !== '.') path.push(segment)
  }
  return path
}

function remote(file: string, reference: string): HoldfastError {
  return new HoldfastError(
    problem(
      'HF1009',
      `${file} names the remote ${shown(reference)}; remote bases are not fetched`,
      { file },
      'Copy the base into the repository.',
    ),
  )
}

/** Every file that building the kustomization at `place` may read. Throws HF1006, HF1009, HF1010. */
export async function kustomizeClosure(
  context: ListingContext,
  place: { id: string; path: readonly string[] },
): Promise<Closure> {
  const gathering: Gathering = { context, files: new Map(), directories: new Set() }
  try {
    await enter(gathering, place.id, place.path)
  } catch (error) {
    if (error instanceof TooLargeError)
      throw new HoldfastError(
        problem('HF1010', `a file of ${error.size} bytes is larger than ${context.limits.fileBytes}`),
      )
    throw error
  }
  return { files: [...gathering.files.values()].sort((a, b) => (a.path < b.path ? -1 : 1)) }
}

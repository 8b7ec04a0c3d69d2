// `set-image`: a checkout as a source that can be rendered as it would be after a change.
import { readFile, realpath, stat } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import {
  KUSTOMIZATION_FILES,
  otherReaders,
  renderLocal,
  type SourceRepositories,
  WorkTree,
} from '../adapters/source/index.ts'
import type { AppDefinition, SourceDefinition } from '../core/definition/index.ts'
import type { Rendered } from '../core/desired/index.ts'
import type { SourceText } from '../core/edit/index.ts'
import { HoldfastError, problem } from '../core/problem/index.ts'
import { readObjects } from '../core/yaml/index.ts'
import { filesDefinition, readAppFile, renderApp } from '../loop/inspect-app.ts'
import { repositoryPlace } from '../loop/revisions.ts'
import { type ChangeableSource, findImageChange } from '../loop/set-image.ts'
import type { SetImageAnswer, SetImageRequest } from '../surfaces/cli/set-image.ts'
import type { Place } from './files.ts'
import { rendersSomething } from './local-source.ts'

const ARGOCD = 'argocd'

export interface SetImageTools {
  readonly place: Place
  /** An Application of the cluster. */
  readonly application: (
    request: SetImageRequest,
    target: { namespace: string; name: string },
  ) => Promise<AppDefinition>
  /** Renders what is not in the checkout. */
  readonly withSource: <T>(use: (source: SourceRepositories) => Promise<T>) => Promise<T>
}

function refuse(...made: Parameters<typeof problem>): HoldfastError {
  return new HoldfastError(problem(...made))
}

/** Where an Application's definition comes from, and how a change of it reads. */
interface Definition {
  /** Real path of its manifest; null = it is in no file. */
  readonly file: string | null
  readonly of: (change: { readonly file: string; readonly text: string } | null) => Promise<AppDefinition>
}

function definitionIn(text: string, file: string): AppDefinition {
  const { objects, problems } = readObjects(text, { file })
  if (problems[0] !== undefined) throw new HoldfastError(problems[0])
  const [first, second] = objects.filter(({ object }) => object.kind === 'Application')
  if (first === undefined || second !== undefined)
    throw refuse(
      'HF1012',
      `${file} holds ${first === undefined ? 'no' : 'several'} Application`,
      { file },
      'Name a file with one Application.',
    )
  const read = readAppFile(first.object, ARGOCD)
  if (read.definition === null) throw new HoldfastError(read.problems[0] ?? problem('HF2001', `${file} cannot be used`))
  return read.definition
}

function ofFile(file: string): Definition {
  return {
    file,
    of: async (change) => definitionIn(change?.file === file ? change.text : await readFile(file, 'utf8'), file),
  }
}

interface Checkout {
  readonly tree: WorkTree
  /** Repositories that it stands for. */
  readonly repositories: ReadonlySet<string>
}

async function checkoutOf(directory: string, { env }: Place): Promise<Checkout> {
  const tree = await WorkTree.open(directory, env)
  const places = [tree.top, `file://${tree.top}`, ...(await tree.remotes())].map(repositoryPlace)
  return { tree, repositories: new Set(places) }
}

/** Renders from the checkout what lies there, and fetches what does not. */
class CheckoutSource implements ChangeableSource {
  readonly #tools: SetImageTools
  readonly #checkout: Checkout
  readonly #definition: Definition | null
  /** Real path of what is rendered; null = what the Application names. */
  readonly #path: string | null

  constructor(tools: SetImageTools, checkout: Checkout, what: { definition: Definition | null; path: string | null }) {
    this.#tools = tools
    this.#checkout = checkout
    this.#definition = what.definition
    this.#path = what.path
  }

  async render(change: { readonly file: string; readonly text: string } | null): Promise<Rendered> {
    const definition = this.#definition === null ? null : await this.#definition.of(change)
    const path = this.#path ?? this.#pathOf(definition)
    if (path === null) return this.#fetched(definition)
    return this.#local(path, definition, change)
  }

  #isHere({ repoURL }: SourceDefinition): boolean {
    return this.#checkout.repositories.has(repositoryPlace(repoURL))
  }

  #pathOf(definition: AppDefinition | null): string | null {
    const source = definition?.sources.find(rendersSomething)
    return source === undefined || source.chart !== '' || !this.#isHere(source)
      ? null
      : join(this.#checkout.tree.top, source.path)
  }

  #local(
    path: string,
    definition: AppDefinition | null,
    change: { readonly file: string; readonly text: string } | null,
  ): Promise<Rendered> {
    const { env, clock } = this.#tools.place
    const { top } = this.#checkout.tree
    const sources = (definition ?? filesDefinition('default')).sources
    const source = sources.find(rendersSomething)
    if (source === undefined) throw refuse('HF2001', 'the Application has no source that renders anything')
    const refs = sources.flatMap((one): [string, string][] =>
      one.ref !== '' && this.#isHere(one) ? [[one.ref, top]] : [],
    )
    const app =
      definition === null
        ? {}
        : { app: { name: definition.name, namespace: definition.destinationNamespace, project: definition.project } }
    return renderLocal(path, {
      ...{ env, clock, as: 'source', source, root: top, explain: true, ...app },
      ...{ refs: new Map(refs), edits: new Map(change === null ? [] : [[change.file, change.text]]) },
    })
  }

  #fetched(definition: AppDefinition | null): Promise<Rendered> {
    if (definition === null) throw refuse('HF8006', 'nothing is named that could be rendered')
    const reader = { capabilities: () => Promise.resolve({ version: '', apiVersions: [] }) }
    return this.#tools.withSource((source) => renderApp({ source, reader }, { definition, project: null }))
  }

  /** Of what is fetched only the Application itself lies here. */
  async texts(rendered: Rendered): Promise<readonly SourceText[]> {
    const { tree } = this.#checkout
    const isLocal = rendered.sources.every(({ revision }) => revision === '')
    const read = isLocal
      ? rendered.sources.flatMap(({ files, explanation }) => [
          ...files,
          ...(explanation?.overrides ?? []).map(({ file }) => file),
        ])
      : []
    const own = this.#definition?.file ?? null
    const found: SourceText[] = []
    const named = [...read, ...(own === null ? [] : [own])]
    for (const file of new Set(await Promise.all(named.map((one) => realpath(one).catch(() => one))))) {
      const text = await tree.read(file)
      if (text !== null) found.push({ file, text })
    }
    return found
  }

  async readersOf(file: string): Promise<readonly string[]> {
    const definition = this.#definition === null ? null : await this.#definition.of(null)
    const path = this.#path ?? this.#pathOf(definition)
    const { tree } = this.#checkout
    if (path === null || file === this.#definition?.file) return []
    const kustomizations = await tree.filesNamed(KUSTOMIZATION_FILES)
    const question = { top: tree.top, kustomizations, place: relative(tree.top, path), file: relative(tree.top, file) }
    return otherReaders({ ...question, place: question.place === '' ? '.' : question.place })
  }
}

async function realPath(path: string, { cwd }: Place): Promise<string> {
  return realpath(resolve(cwd, path)).catch(() => {
    throw refuse('HF1004', `${path} does not exist`, { file: path }, 'Name a file or a directory that can be read.')
  })
}

async function isApplication(path: string): Promise<boolean> {
  if (!(await stat(path)).isFile()) return false
  const { objects } = readObjects(await readFile(path, 'utf8'), { file: path })
  return objects.some(({ object }) => object.kind === 'Application' && object.apiVersion.startsWith('argoproj.io/'))
}

async function sourceFor(
  tools: SetImageTools,
  request: SetImageRequest,
): Promise<{ source: CheckoutSource; tree: WorkTree }> {
  const { target } = request
  const { place } = tools
  if (target.kind === 'app') {
    const definition = await tools.application(request, target)
    const checkout = await checkoutOf(place.cwd, place)
    const source = new CheckoutSource(tools, checkout, {
      definition: { file: null, of: () => Promise.resolve(definition) },
      path: null,
    })
    const wanted = definition.sources.find(rendersSomething)?.repoURL ?? ''
    if (!checkout.repositories.has(repositoryPlace(wanted)))
      throw refuse(
        'HF8006',
        `${checkout.tree.top} is no checkout of the Application’s repository`,
        {},
        'Run it in a checkout of that repository, or name the file of the Application.',
      )
    return { source, tree: checkout.tree }
  }
  const path = await realPath(target.path, place)
  const checkout = await checkoutOf((await stat(path)).isDirectory() ? path : dirname(path), place)
  if (target.app !== undefined) {
    const definition = ofFile(await realPath(target.app, place))
    return { source: new CheckoutSource(tools, checkout, { definition, path }), tree: checkout.tree }
  }
  const isApp = await isApplication(path)
  const what = isApp ? { definition: ofFile(path), path: null } : { definition: null, path }
  return { source: new CheckoutSource(tools, checkout, what), tree: checkout.tree }
}

function messageOf(
  { wish, target }: SetImageRequest,
  answer: { file: string; images: SetImageAnswer['images'] },
): string {
  const [first] = answer.images
  const where = target.kind === 'app' ? target.name : dirname(answer.file) === '.' ? answer.file : dirname(answer.file)
  const lines = answer.images.map(({ use, to }) => `${use.object}: ${use.image} -> ${to}`)
  return `Set ${wish.key} to ${first?.to ?? ''} in ${where}\n\n${lines.join('\n')}\n`
}

export async function setImage(tools: SetImageTools, request: SetImageRequest): Promise<SetImageAnswer> {
  const { source, tree } = await sourceFor(tools, request)
  const to = request.push === null ? null : await tree.target(request.push.branch)
  const { candidate, images } = await findImageChange(source, request)
  if (candidate === null) return { candidate, images, commit: null, pushed: null }
  const file = relative(tree.top, candidate.file)
  const answer = { candidate: { file, changes: candidate.changes }, images, commit: null, pushed: null }
  if (request.write === 'none') return answer
  if (request.write === 'commit') await tree.mayCommit(candidate.file)
  const before = await tree.read(candidate.file)
  await tree.write(candidate.file, candidate.text)
  if (request.write === 'file') return answer
  const commit = await tree
    .commit({ file: candidate.file, message: request.message ?? messageOf(request, { file, images }) })
    .catch(async (error: unknown) => {
      if (before !== null) await tree.write(candidate.file, before)
      throw error
    })
  if (to !== null) await tree.push(to)
  return { ...answer, commit, pushed: to }
}

// Which value files a chart gets, in which order: relative ones, those from the root, globs, other sources' and URLs.
import { HoldfastError, problem, type ProblemCode } from '../../../core/problem/index.ts'
import type { InputFile } from '../files/input-file.ts'
import { joinedPath } from '../files/joined-path.ts'
import type { SourceFiles } from '../files/trees.ts'
import { shown } from '../git/address.ts'
import { substitute } from './build-environment.ts'
import { inputAt } from './helm-closure.ts'
import { expandGlob, isGlobPath } from './helm-glob.ts'
import type { RenderContext } from './plan.ts'

export interface ValuesPlaces {
  /** Where the source's own files lie in the working directory; '' = at its top. */
  readonly mount: string
  /** A folder of the working directory that is nobody's. */
  readonly made: string
}

/** Where a file's path leads before it is looked at. */
type Lead =
  | { readonly kind: 'url'; readonly url: string }
  | {
      readonly kind: 'path'
      readonly files: SourceFiles
      /** Of the source that it lies in; '' = the chart's own. */
      readonly ref: string
      /** Where its files lie in the working directory. */
      readonly mount: string
      readonly path: readonly string[]
    }

const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):/

export class ValueFiles {
  readonly #context: RenderContext
  readonly #places: ValuesPlaces

  constructor(context: RenderContext, places: ValuesPlaces) {
    this.#context = context
    this.#places = places
  }

  /** In the order in which they count; each once. Throws HF1001, HF1004, HF1006, HF1010, HF2001, HF2003. */
  async all(): Promise<readonly InputFile[]> {
    const { valueFiles, ignoreMissingValueFiles } = this.#context.source.helm
    const leads = valueFiles.map((written) => ({ written, lead: this.#leadOf(written, 'valueFiles') }))
    const explicit = new Set<string>()
    for (const { lead } of leads) if (!this.#isGlob(lead)) explicit.add(await this.#identity(lead))
    const found = new Map<string, InputFile>()
    for (const { written, lead } of leads) {
      const inputs = await this.#inputsOf({ written, lead, explicit })
      if (inputs === null && !ignoreMissingValueFiles) throw this.#missing(written, 'valueFiles')
      for (const input of inputs ?? []) if (!found.has(input.path)) found.set(input.path, input)
    }
    return [...found.values()]
  }

  /** The file that a file parameter names. */
  async one(written: string): Promise<InputFile> {
    const lead = this.#leadOf(written, 'fileParameters')
    const input = lead.kind === 'url' ? await this.#remote(lead.url) : await this.#local(lead, written)
    if (input === null) throw this.#missing(written, 'fileParameters')
    return input
  }

  /** `$name/…` of another source is told apart before variables are replaced. */
  #leadOf(written: string, field: string): Lead {
    const { refs, environment, files, place, top } = this.#context
    const [first = '', ...rest] = written.split('/')
    const ref = first.startsWith('$') ? refs.get(first.slice(1)) : undefined
    if (ref !== undefined) {
      const path = substitute(rest.join('/'), environment).split('/')
      const name = first.slice(1)
      return { kind: 'path', files: ref, ref: name, mount: `${this.#places.made}/refs/${name}`, path }
    }
    const text = substitute(written, environment)
    const scheme = SCHEME.exec(text)?.[1]
    if (scheme !== undefined) return this.#urlLead(text, { scheme, field })
    const path = [...(text.startsWith('/') ? top : place.path), ...text.split('/')]
    if (text.startsWith('/') && joinedPath([], text) === null) throw this.#leaves(written)
    return { kind: 'path', files, ref: '', mount: this.#places.mount, path }
  }

  #urlLead(url: string, { scheme, field }: { scheme: string; field: string }): Lead {
    const { valuesFileSchemes } = this.#context.settings
    if (valuesFileSchemes.some((allowed) => allowed.toLowerCase() === scheme.toLowerCase())) return { kind: 'url', url }
    const action = 'Use a path in the repository, or allow the scheme in argocd-cm (helm.valuesFileSchemes).'
    throw this.#problem('HF2003', `spec.source.helm.${field}: the scheme of ${shown(url)} is not allowed`, action)
  }

  #isGlob(lead: Lead): boolean {
    return lead.kind === 'path' && isGlobPath(lead.path.join('/'))
  }

  /** Two ways of writing one file are one. */
  async #identity(lead: Lead): Promise<string> {
    if (lead.kind === 'url') return lead.url
    const place = await lead.files.trees.locate(lead.files.root, lead.path)
    return `${lead.mount}\n${place.kind === 'blob' ? place.path.join('/') : lead.path.join('/')}`
  }

  /** null when there is none. A glob leaves out what is listed elsewhere by itself: that keeps its own place. */
  async #inputsOf(entry: {
    written: string
    lead: Lead
    explicit: ReadonlySet<string>
  }): Promise<readonly InputFile[] | null> {
    const { written, lead, explicit } = entry
    if (lead.kind === 'url') return [await this.#remote(lead.url)]
    if (!this.#isGlob(lead)) {
      const input = await this.#local(lead, written)
      return input === null ? null : [input]
    }
    const paths = await expandGlob(lead.files, this.#plainPattern(lead.path, written))
    if (paths === null)
      throw this.#problem('HF2001', `spec.source.helm.valueFiles: ${shown(written)} is no usable glob`)
    const inputs: InputFile[] = []
    for (const path of paths) {
      if (explicit.has(await this.#identity({ ...lead, path }))) continue
      const input = await this.#local({ ...lead, path }, written)
      if (input !== null) inputs.push(input)
    }
    return paths.length === 0 ? null : inputs
  }

  #plainPattern(path: readonly string[], written: string): readonly string[] {
    const plain: string[] = []
    for (const name of path) {
      if (name === '' || name === '.') continue
      if (name !== '..') plain.push(name)
      else if (plain.pop() === undefined) throw this.#leaves(written)
    }
    return plain
  }

  async #remote(url: string): Promise<InputFile> {
    const file = await this.#context.outside.file(url)
    return {
      ...file,
      path: `${this.#places.made}/urls/${file.id.replace(/[^0-9a-f]/g, '')}.yaml`,
      home: null,
      read: () => file.read(),
    }
  }

  /** null when it is not there. */
  async #local(lead: Lead & { kind: 'path' }, written: string): Promise<InputFile | null> {
    const { files, ref, mount, path } = lead
    const place = await files.trees.locate(files.root, path)
    if (!('path' in place)) {
      if (place.kind === 'outside') throw this.#leaves(written)
      return null
    }
    const file = place.path.join('/')
    if (place.kind === 'blob') {
      const at = mount === '' ? file : `${mount}/${file}`
      return inputAt({ files, limits: this.#context.limits }, at, { file, id: place.id, ref })
    }
    if (place.path.length === 0) throw this.#leaves(written)
    throw this.#problem('HF1004', `${shown(written)} is a directory, not a file`)
  }

  #leaves(written: string): HoldfastError {
    return this.#problem(
      'HF1006',
      `${shown(written)} leaves the repository`,
      'Name a file that lies in the repository.',
    )
  }

  #missing(written: string, field: string): HoldfastError {
    const { refs } = this.#context
    const [first = ''] = written.split('/')
    const isRef = /^\$[A-Za-z0-9_-]+$/.test(first) && !first.startsWith('$ARGOCD_')
    const hint = isRef && !refs.has(first.slice(1)) ? `; no source has ref: ${first.slice(1)}` : ''
    const action =
      field === 'valueFiles' ? 'Add the file, correct the path, or set ignoreMissingValueFiles.' : 'Correct the path.'
    const glob = isGlobPath(written) ? 'fits no file' : 'is not there'
    return this.#problem('HF1004', `spec.source.helm.${field}: ${shown(written)} ${glob}${hint}`, action)
  }

  #problem(code: ProblemCode, message: string, action?: string): HoldfastError {
    return new HoldfastError(problem(code, message, this.#context.subject, action))
  }
}

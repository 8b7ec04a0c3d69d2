// Files that the command line names.
import { resolve, sep } from 'node:path'
import { renderLocal } from '../adapters/source/index.ts'
import type { SourceDefinition } from '../core/definition/index.ts'
import type { Rendered } from '../core/desired/index.ts'
import { formatRef, type KubeObject, refOf } from '../core/kube/index.ts'
import { HoldfastError, type Problem, problem } from '../core/problem/index.ts'
import { filesDefinition } from '../loop/inspect-app.ts'
import type { Clock } from '../ports/clock.ts'
import type { Environment } from './cluster.ts'
import type { LocalSource } from './local-source.ts'

export interface Place {
  readonly clock: Clock
  readonly env: Environment
  readonly cwd: string
}

/** A file, or a directory with all that lies below it, as it is. */
export function readPlain({ env, cwd, clock }: Place, path: string): Promise<Rendered> {
  return renderLocal(path, { env, cwd, clock, as: 'plain', source: anySource() })
}

/** The only object of a kind in a file. Throws HF1012 and the file's own problems. */
export async function readOnly(place: Place, path: string, kind: string): Promise<KubeObject> {
  const { objects, problems } = await readPlain(place, path)
  if (problems[0] !== undefined) throw new HoldfastError(problems[0])
  const found = objects.filter(({ object }) => object.kind === kind)
  const [first] = found
  if (first !== undefined && found.length === 1) return first.object
  const names = found.map(({ object }) => formatRef(refOf(object))).join(', ')
  const message = first === undefined ? `${path} holds no ${kind}` : `${path} holds several: ${names}`
  throw new HoldfastError(problem('HF1012', message, { file: path }, `Name a file with one ${kind}.`))
}

function anySource(): SourceDefinition {
  const [source] = filesDefinition('default').sources
  if (source === undefined) throw new HoldfastError(problem('HF7004', 'files cannot be read'))
  return source
}

export interface DeclaredFiles extends LocalSource {
  /** What stands for the cluster: it may not be among what is declared. */
  readonly live?: string | undefined
}

/** What a path declares. Throws HF1012 where that is nothing: to call it in sync would hide a mistyped path. */
export async function readSource(place: Place, path: string, { live, ...how }: DeclaredFiles = {}): Promise<Rendered> {
  const { env, cwd, clock } = place
  const rendered = await renderLocal(path, { env, cwd, clock, as: 'source', source: anySource(), ...how })
  if (rendered.objects.length === 0 && rendered.problems.length === 0) throw new HoldfastError(nothingIn(path))
  if (live !== undefined) refuseMirror(place, { live, declared: path }, rendered)
  return rendered
}

/** A dump beside the manifests would be read as one of them, and compared with itself: nothing would ever differ. */
function refuseMirror(
  { cwd }: Pick<Place, 'cwd'>,
  { live, declared }: { readonly live: string; readonly declared: string },
  { objects }: Rendered,
): void {
  if (live === '-') return
  const at = resolve(cwd, live)
  const isLive = (file: string): boolean => file === at || file.startsWith(`${at}${sep}`)
  const both = objects.find(({ origin }) => origin.file !== '' && isLive(resolve(cwd, origin.file)))
  if (both === undefined) return
  const message = `${both.origin.file} is among the declared files of ${declared} and would be compared with itself`
  const action = 'Put the dump elsewhere, or name the declared files without it.'
  throw new HoldfastError(problem('HF7002', message, { file: both.origin.file }, action))
}

export function nothingIn(file: string): Problem {
  return problem('HF1012', `${file === '-' ? 'standard input' : file} holds no Kubernetes object`)
}

export function missing(path: string): HoldfastError {
  return new HoldfastError(
    problem('HF1004', `${path} does not exist`, { file: path }, 'Name a file or a directory that can be read.'),
  )
}

export function withNamespace(application: KubeObject, namespace: string): KubeObject {
  if ((application.metadata.namespace ?? '') !== '') return application
  return { ...application, metadata: { ...application.metadata, namespace } }
}

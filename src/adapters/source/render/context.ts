// A source at its revision → all that planning its render needs.
import type { SourceSettings } from '../../../core/definition/index.ts'
import { HoldfastError, problem, type ProblemSubject } from '../../../core/problem/index.ts'
import type { RenderRequest, RevisedSource } from '../../../ports/source.ts'
import type { SourceFiles } from '../files/trees.ts'
import { pathSegments } from '../git/address.ts'
import type { SourceLimits } from '../limits.ts'
import { environmentOf } from './build-environment.ts'
import { withOverrides } from './override.ts'
import type { Directory, Outside, RenderContext } from './plan.ts'
import type { ToolFinder } from './tools.ts'

export interface ContextInput {
  readonly revised: RevisedSource
  readonly request: RenderRequest
  readonly files: SourceFiles
  readonly refs: ReadonlyMap<string, SourceFiles>
  readonly subject: ProblemSubject
  readonly settings: SourceSettings
  readonly outside: Outside
  readonly tools: ToolFinder
  readonly limits: SourceLimits
}

async function directoryOf({ revised, files, subject }: ContextInput): Promise<Directory> {
  const { source, revision } = revised
  const { trees, root, repository } = files
  // A chart is the whole of its archive.
  const place = await trees.locate(root, source.chart === '' ? pathSegments(source, repository) : [])
  const path = source.path === '' ? '.' : source.path
  if (place.kind === 'tree') return place
  if (place.kind === 'outside') throw new HoldfastError(problem('HF1006', `${path} leaves the repository`, subject))
  if (place.kind === 'submodule') {
    const message = `${path} lies in a submodule that .gitmodules does not name, or submodules are switched off`
    throw new HoldfastError(problem('HF1013', message, subject))
  }
  const message = `${path} is not a directory of ${repository} at ${revision.slice(0, 12)}`
  throw new HoldfastError(problem('HF1004', message, subject))
}

/** Throws HF1004, HF1006, HF1013 for the path, HF1003, HF2001, HF2002 for options in the repository. */
export async function contextOf(input: ContextInput): Promise<RenderContext> {
  const { revised, request, files, refs, subject, settings, outside, tools, limits } = input
  const { app, cluster } = request
  const place = await directoryOf(input)
  const { source, overrides } = await withOverrides(revised.source, { files, place, appName: app.name, subject })
  const environment = environmentOf(revised, request)
  const own = { source, overrides, files, place, top: [], refs, environment }
  return { ...own, app, cluster, settings, outside, tools, limits, subject }
}

// The renders of an Application's sources as one.
import { createHash } from 'node:crypto'
import type { Rendered } from '../../../core/desired/index.ts'
import type { SourceRender } from './engine.ts'

export interface RenderOfSource {
  /** Which of the Application's sources. */
  readonly index: number
  readonly revision: string
  readonly render: SourceRender
}

/** In the order of the sources. `revisions`: of all of them; [] = files of this machine. */
export function joinRenders(renders: readonly RenderOfSource[], revisions: readonly string[]): Rendered {
  const digests = renders.map(({ render }) => render.digest)
  const [only = ''] = digests
  return {
    revision: revisions[0] ?? '',
    ...(revisions.length === 0 ? {} : { revisions }),
    sources: renders.map(({ index, render, revision: its }) => ({
      ...render.how,
      revision: its,
      ...(index === 0 ? {} : { source: index }),
    })),
    objects: renders.flatMap(({ index, render }) =>
      index === 0
        ? render.objects
        : render.objects.map(({ object, origin }) => ({ object, origin: { ...origin, source: index } })),
    ),
    digest: digests.length === 1 ? only : createHash('sha256').update(digests.join('\n')).digest('hex'),
    problems: renders.flatMap(({ render }) => render.problems),
  }
}

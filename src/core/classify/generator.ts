// One revision, two renders: what came out otherwise, and what of all that it reads is known to have moved.
import { createHmac } from 'node:crypto'
import type { DesiredObject, Rendered } from '../desired/index.ts'
import { formatRef } from '../kube/index.ts'
import type { GeneratorChange } from './delivery.ts'

/** What is remembered of a render to tell a later one from it. Keyed digests alone: no value can be guessed from them. */
export interface RenderPrint {
  /** Of all sources. */
  readonly revision: string
  /** Digest of the Application's definition. */
  readonly definition: string
  readonly digest: string
  /** Digest of everything that was read: the same one means that the same files and tools gave something else. */
  readonly inputs: string
  /** What was read beyond the source's own files, and which state of it. */
  readonly brought: Readonly<Record<string, string>>
  /** By what `formatRef` prints. */
  readonly objects: Readonly<Record<string, string>>
}

export interface Printed {
  readonly definition: string
  readonly rendered: Pick<Rendered, 'digest' | 'revisions' | 'sources'>
  readonly objects: readonly Pick<DesiredObject, 'ref' | 'digest'>[]
}

const DIGITS = 12
const MOST_MOVED = 5

export function printOf({ definition, rendered, objects }: Printed, digestKey: string): RenderPrint {
  const keyed = (text: string): string => createHmac('sha256', digestKey).update(text).digest('hex').slice(0, DIGITS)
  const { sources, digest, revisions = [] } = rendered
  const brought = sources.flatMap((source) => source.brought ?? [])
  return {
    revision: revisions.join(' '),
    definition,
    digest: keyed(digest),
    inputs: keyed(sources.map(({ key }) => key).join(' ')),
    brought: Object.fromEntries(brought.map(({ what, is }) => [what, is])),
    objects: Object.fromEntries(objects.map((object) => [formatRef(object.ref), keyed(object.digest)])),
  }
}

/** Git and the Application say the same: whatever is rendered otherwise, they are not the reason. */
export function isSameRequest(before: RenderPrint, now: RenderPrint): boolean {
  return now.revision !== '' && before.revision === now.revision && before.definition === now.definition
}

const short = (is: string): string => (/^[0-9a-f]{40,}$/.test(is) ? is.slice(0, DIGITS) : is)

function moved(before: RenderPrint, now: RenderPrint): readonly string[] {
  const names = [...new Set([...Object.keys(before.brought), ...Object.keys(now.brought)])].sort()
  const differ = names.filter((name) => before.brought[name] !== now.brought[name])
  if (differ.length > 0) {
    const told = differ.slice(0, MOST_MOVED).map((name) => {
      const [was = 'nothing', is = 'nothing'] = [before.brought[name], now.brought[name]].map((one) =>
        one === undefined ? undefined : short(one),
      )
      return `${name} moved from ${was} to ${is}`
    })
    return differ.length > MOST_MOVED ? [...told, `and ${differ.length - MOST_MOVED} more`] : told
  }
  if (before.inputs === now.inputs) return ['the same files, options and tools gave something else']
  return ['its tools, their settings or what they are told of the cluster are others']
}

/** null: the same came of it, or Git or the Application is another one. */
export function renderChange(before: RenderPrint, now: RenderPrint): GeneratorChange | null {
  if (!isSameRequest(before, now) || before.digest === now.digest) return null
  const names = [...new Set([...Object.keys(before.objects), ...Object.keys(now.objects)])].sort()
  return {
    revision: now.revision,
    before: before.digest,
    now: now.digest,
    objects: names.filter((name) => before.objects[name] !== now.objects[name]),
    moved: moved(before, now),
  }
}

/** Two changes, one after the other, as one. */
export function joinChanges(earlier: GeneratorChange | null, later: GeneratorChange): GeneratorChange {
  if (earlier === null || earlier.revision !== later.revision) return later
  return {
    ...later,
    before: earlier.before,
    objects: [...new Set([...earlier.objects, ...later.objects])].sort(),
    moved: [...new Set([...earlier.moved, ...later.moved])],
  }
}

// targetRevision and tagPrefix → the refs that they may mean.
import { bestVersion, isVersionRange, type SourceDefinition, versionInRange } from '../../../core/definition/index.ts'
import { shown } from './address.ts'

export const HEAD_REF = 'refs/holdfast/HEAD'
const TAGS = 'refs/tags/'

export type Wanted = Pick<SourceDefinition, 'targetRevision' | 'tagPrefix'>

/** Prereleases count too; `1.2` is a version, `main` is none. */
function isVersion(text: string): boolean {
  return versionInRange(text, '>=0.0.0-0')
}

/** A tag chosen by version wins over a branch that is called like the range, as in Argo CD. */
function versionTag({ targetRevision, tagPrefix }: Wanted, refs: Iterable<string>): string | null {
  if (!isVersionRange(targetRevision) && (tagPrefix === '' || !isVersion(targetRevision))) return null
  const prefix = TAGS + tagPrefix
  const versions = [...refs].flatMap((ref) => (ref.startsWith(prefix) ? [ref.slice(prefix.length)] : []))
  const best = bestVersion(versions, targetRevision)
  return best === null ? null : prefix + best
}

/** Full ref names, the one that wins first. */
export function refsMeant(wanted: Wanted, refs: Iterable<string>): string[] {
  const { targetRevision: name } = wanted
  if (name === 'HEAD') return [HEAD_REF]
  if (name.startsWith('refs/')) return [name]
  const tag = versionTag(wanted, refs)
  return [...(tag === null ? [] : [tag]), `refs/heads/${name}`, `${TAGS}${name}`]
}

/** What is not there, for messages. */
export function lackOf({ targetRevision, tagPrefix }: Wanted): string {
  const prefix = tagPrefix === '' ? '' : ` after the prefix ${JSON.stringify(tagPrefix)}`
  if (isVersionRange(targetRevision))
    return `no tag is a version in the range ${JSON.stringify(targetRevision)}${prefix}`
  return `revision ${shown(targetRevision)}${prefix} does not exist`
}

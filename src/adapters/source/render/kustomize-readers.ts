// Which other kustomizations of a checkout read a file that one of them reads?
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { KUSTOMIZATION_FILES, readKustomization, referencesOf } from './kustomize-document.ts'

/** What each kustomization names, files and directories, by its own directory; from the top of the checkout. */
type Names = ReadonlyMap<string, readonly string[]>

async function namesIn(top: string, file: string): Promise<readonly string[]> {
  try {
    const document = readKustomization(await readFile(join(top, file), 'utf8'), { file })
    if (document === null) return []
    return referencesOf(document).map(({ text }) => join(dirname(file), text).replace(/\/$/, ''))
  } catch {
    // One that cannot be read reads nothing.
    return []
  }
}

function isReached(names: Names, from: string, wanted: ReadonlySet<string>): boolean {
  const seen = new Set<string>()
  const todo = [from]
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    if (wanted.has(at)) return true
    if (seen.has(at)) continue
    seen.add(at)
    todo.push(...(names.get(at) ?? []))
  }
  return false
}

export interface ReadersQuestion {
  readonly top: string
  /** All kustomizations of the checkout, from its top. */
  readonly kustomizations: readonly string[]
  /** The directory that is rendered. */
  readonly place: string
  readonly file: string
}

/** Directories of kustomizations that read the file by another way than by `place`. */
export async function otherReaders({ top, kustomizations, place, file }: ReadersQuestion): Promise<readonly string[]> {
  const names: Names = new Map(
    await Promise.all(
      kustomizations.map(async (one): Promise<[string, readonly string[]]> => [dirname(one), await namesIn(top, one)]),
    ),
  )
  const isKustomization = KUSTOMIZATION_FILES.some((name) => file === join(dirname(file), name))
  const wanted = new Set(isKustomization ? [file, dirname(file)] : [file])
  const directories = [...names.keys()].sort()
  return directories.filter(
    (one) =>
      isReached(names, one, wanted) &&
      !isReached(names, place, new Set([one])) &&
      !isReached(names, one, new Set([place])),
  )
}

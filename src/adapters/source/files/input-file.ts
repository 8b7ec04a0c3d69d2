import type { FileTrees } from './trees.ts'

/** A path from the root of the source's own repository (`ref` ''), or of that of the source with this `ref`. */
export interface Home {
  readonly ref: string
  readonly file: string
}

/** A file that a render reads. `path` is where it lies below the working directory; same id = same content. */
export interface InputFile {
  readonly path: string
  readonly id: string
  /** Where it is at home; absent = under `path` in the repository of the source, null = in none that a source names. */
  readonly home?: Home | null
  read(): Promise<Buffer>
}

/** Files of one tree, to lie where they lie there. */
export function inputsFrom(trees: FileTrees, files: readonly Pick<InputFile, 'path' | 'id'>[]): InputFile[] {
  return files.map(({ path, id }) => ({ path, id, read: () => trees.blob(id) }))
}

export function homeOf({ home, path }: Pick<InputFile, 'home' | 'path'>): Home | null {
  return home === undefined ? { ref: '', file: path } : home
}

/** As people write it; what is at home in no repository is called as it lies. */
export function nameOf(file: Pick<InputFile, 'home' | 'path'>): string {
  const home = homeOf(file)
  if (home === null) return file.path
  return home.ref === '' ? home.file : `$${home.ref}/${home.file}`
}

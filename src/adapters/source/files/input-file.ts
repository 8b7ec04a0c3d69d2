import type { FileTrees } from './trees.ts'

/** A file that a render reads. `path` is where it lies below the working directory; same id = same content. */
export interface InputFile {
  readonly path: string
  readonly id: string
  read(): Promise<Buffer>
}

/** Files of one tree, to lie where they lie there. */
export function inputsFrom(trees: FileTrees, files: readonly Pick<InputFile, 'path' | 'id'>[]): InputFile[] {
  return files.map(({ path, id }) => ({ path, id, read: () => trees.blob(id) }))
}

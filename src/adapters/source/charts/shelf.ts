// What all chart hosts share: the folder of what was downloaded, and the archives that are open.
import { HoldfastError, problem, type ProblemSubject } from '../../../core/problem/index.ts'
import { ArchiveError } from '../files/archive-reader.ts'
import { ArchiveTrees } from '../files/archive-trees.ts'
import type { SourceLimits } from '../limits.ts'
import { ChartStore, digestOf } from './store.ts'

const OPEN_BYTES = 64 * 1024 * 1024
const CODES = { broken: 'HF1009', hostile: 'HF1006', large: 'HF1010' } as const
const ACTIONS: Readonly<Record<ArchiveError['kind'], string>> = {
  broken: 'Publish it anew.',
  hostile: 'Publish it without that entry.',
  large: 'Publish it without what is not needed.',
}

export class Shelf {
  readonly store: ChartStore
  readonly #limits: SourceLimits
  readonly #open = new Map<string, Promise<ArchiveTrees>>()

  constructor(root: string, limits: SourceLimits) {
    this.store = new ChartStore(root, limits.chartCacheBytes)
    this.#limits = limits
  }

  /** The same archive is read once, as long as there is room. Throws HF1006, HF1009, HF1010. */
  async trees(archive: Buffer, subject: ProblemSubject): Promise<ArchiveTrees> {
    const digest = digestOf(archive)
    const { renderBytes: bytes, renderFiles: files, fileBytes } = this.#limits
    const opened = this.#open.get(digest) ?? ArchiveTrees.open(archive, { bytes, files, fileBytes })
    this.#open.delete(digest)
    this.#open.set(digest, opened)
    try {
      const trees = await opened
      await this.#makeRoom()
      return trees
    } catch (error) {
      this.#open.delete(digest)
      if (!(error instanceof ArchiveError)) throw error
      const message = `the archive cannot be used: ${error.message}`
      throw new HoldfastError(problem(CODES[error.kind], message, subject, ACTIONS[error.kind]))
    }
  }

  /** What was used longest ago is closed first. */
  async #makeRoom(): Promise<void> {
    const sizes = new Map<string, number>()
    for (const [digest, opened] of this.#open) sizes.set(digest, (await opened.catch(() => null))?.bytes ?? 0)
    let bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0)
    for (const [digest, size] of sizes) {
      if (bytes <= OPEN_BYTES || sizes.size === 1) return
      this.#open.delete(digest)
      sizes.delete(digest)
      bytes -= size
    }
  }
}

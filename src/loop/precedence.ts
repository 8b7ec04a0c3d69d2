// After a push: which applications look first? Those whose own folder it touched; the hundreds beside them wait a moment.
import type { Clock } from '../ports/clock.ts'
import type { RevisedSource, Source } from '../ports/source.ts'
import { within } from './patience.ts'
import { knownRevisions, revisionText } from './revisions.ts'
import type { AppState } from './state.ts'

/** Nobody waits longer, whatever those before him do. */
const WAIT_MS = 1_000

interface Ahead {
  readonly apps: Set<string>
  readonly gone: Promise<void>
  readonly tell: () => void
}

export interface PrecedenceTools {
  readonly source: Pick<Source, 'isSame'>
  readonly clock: Clock
}

export class Precedence {
  readonly #tools: PrecedenceTools
  /** Who goes first, by what was in force and what is new. */
  readonly #ahead = new Map<string, Ahead>()

  constructor(tools: PrecedenceTools) {
    this.#tools = tools
  }

  /** Resolves when the application may render these revisions. */
  async turn(app: AppState, sources: readonly RevisedSource[]): Promise<void> {
    const revision = revisionText(sources)
    if (app.renderedAt === 0 || revision === app.revision) return
    const change = `${app.revision} ${revision}`
    if (!(await this.#isSame(app, sources))) return this.#goAhead(change, app.key)
    // All who heard of the push together have said by then whether it touched them.
    await new Promise<void>((resolve) => void this.#tools.clock.after(0, resolve))
    const ahead = this.#ahead.get(change)
    if (ahead !== undefined) await within(this.#tools.clock, ahead.gone, WAIT_MS)
  }

  /** The application is brought in, or could not be. */
  over({ key }: Pick<AppState, 'key'>): void {
    for (const [change, { apps, tell }] of this.#ahead) {
      apps.delete(key)
      if (apps.size > 0) continue
      this.#ahead.delete(change)
      tell()
    }
  }

  async #isSame(app: AppState, sources: readonly RevisedSource[]): Promise<boolean> {
    const { definition } = app
    const before = knownRevisions(
      sources.map(({ source }) => source),
      app,
    )
    if (definition === null || before === null) return false
    const same = sources.map((one, index) => {
      const then = before[index]?.revision ?? ''
      return then === one.revision || this.#tools.source.isSame(one, then, definition.project).catch(() => false)
    })
    return (await Promise.all(same)).every(Boolean)
  }

  #goAhead(change: string, key: string): void {
    const known = this.#ahead.get(change)
    if (known !== undefined) return void known.apps.add(key)
    let tell = (): void => undefined
    const gone = new Promise<void>((resolve) => {
      tell = resolve
    })
    this.#ahead.set(change, { apps: new Set([key]), gone, tell })
  }
}

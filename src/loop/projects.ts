// Which AppProjects there are, and whether this installation uses projects at all.
import { type Marked, markedBy } from '../core/classify/index.ts'
import { type Parsed, parseProject, type ProjectDefinition } from '../core/definition/index.ts'
import type { KubeObject } from '../core/kube/index.ts'
import type { Projects } from './definitions.ts'
import type { Deps } from './deps.ts'

/** In the store: what concerns no single application. */
const INSTALLATION = '(installation)'
const NOTE = 'AppProject'

export class ProjectRegistry implements Projects {
  readonly #deps: Pick<Deps, 'store' | 'log'>
  readonly #byName = new Map<string, Parsed<ProjectDefinition>>()
  readonly #marks = new Map<string, Marked>()
  #used = false

  constructor(deps: Pick<Deps, 'store' | 'log'>) {
    this.#deps = deps
  }

  get byName(): ReadonlyMap<string, Parsed<ProjectDefinition>> {
    return this.#byName
  }

  get marks(): ReadonlyMap<string, Marked> {
    return this.#marks
  }

  get used(): boolean {
    return this.#used
  }

  /** Whether projects were used in an earlier run. */
  async recall(): Promise<void> {
    const noted = await this.#deps.store.preExisting(INSTALLATION).catch(() => new Map<string, readonly string[]>())
    this.#used ||= noted.has(NOTE)
  }

  /** null = it is gone. */
  set(name: string, object: KubeObject | null): void {
    if (object === null) {
      this.#byName.delete(name)
      this.#marks.delete(name)
    } else {
      this.#byName.set(name, parseProject(object))
      this.#marks.set(name, markedBy(`AppProject ${name}`, object))
      this.#note()
    }
  }

  /** Kept in the store, or a restart after the last project was deleted would lift what it forbade. */
  #note(): void {
    if (this.#used) return
    this.#used = true
    this.#deps.store.setPreExisting(INSTALLATION, NOTE, ['used']).catch((error: unknown) => {
      this.#deps.log.warn({ error: String(error) }, 'use of projects not recorded')
    })
  }
}

// One kind in view: cluster-wide, or namespace by namespace where cluster-wide is forbidden.
import type { KindInfo, WatchedKind } from '../../ports/cluster-reader.ts'
import { type Emit, type SafeEmit, safely } from './emit.ts'
import { Known } from './known.ts'
import { Reflector, type ReflectorTools } from './reflector.ts'

export interface WatchOptions extends ReflectorTools {
  readonly kind: KindInfo
  readonly onEvent: Emit
  /** Where to go on when all namespaces are forbidden. */
  readonly namespaces: readonly string[]
  readonly onStopped: () => void
}

interface Scope {
  readonly reflector: Reflector
  readonly known: Known
  isListed: boolean
}

class KindWatch implements WatchedKind {
  readonly ready: Promise<void>
  readonly #options: WatchOptions
  readonly #emit: SafeEmit
  #scopes = new Map<string, Scope>()
  #becomeReady: () => void = () => undefined
  #stopped = false

  constructor(options: WatchOptions) {
    this.#options = options
    this.#emit = (event) => this.#stopped || safely(options.onEvent)(event)
    this.ready = new Promise((done) => {
      this.#becomeReady = done
    })
    this.#start('', new Known(options.kind, this.#emit))
  }

  isFresh(): boolean {
    const scopes = [...this.#scopes.values()]
    return scopes.length > 0 && scopes.every((scope) => scope.isListed && scope.reflector.isFresh())
  }

  known(namespaceName: string): { readonly uid: string; readonly resourceVersion: string } | undefined {
    const namespace = namespaceName.slice(0, namespaceName.indexOf('/'))
    const scope = this.#scopes.get('') ?? this.#scopes.get(namespace)
    return scope?.known.get(namespaceName)
  }

  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    for (const scope of this.#scopes.values()) scope.reflector.stop()
    this.#options.onStopped()
  }

  #start(namespace: string, known: Known): void {
    const reflector = new Reflector({
      ...this.#options,
      namespace,
      known,
      emit: this.#emit,
      onListed: (resourceVersion) => this.#listed(namespace, resourceVersion),
      onForbidden: () => this.#forbidden(namespace),
    })
    this.#scopes.set(namespace, { reflector, known, isListed: false })
    void reflector.run()
  }

  #listed(namespace: string, resourceVersion: string): void {
    const scope = this.#scopes.get(namespace)
    if (scope === undefined) return
    scope.isListed = true
    const scopes = [...this.#scopes.values()]
    if (!scopes.every((each) => each.isListed)) return
    const count = scopes.reduce((sum, each) => sum + each.known.size, 0)
    this.#emit({ type: 'relisted', resourceVersion, count })
    this.#becomeReady()
  }

  /** What was known of other namespaces is forgotten without a word: nothing proves that it is gone. */
  #forbidden(namespace: string): 'stop' | 'go-on' {
    const { kind, namespaces } = this.#options
    const whole = this.#scopes.get('')
    if (namespace !== '' || whole === undefined || !kind.namespaced || namespaces.length === 0) return 'go-on'
    this.#scopes = new Map()
    for (const each of new Set(namespaces)) this.#start(each, whole.known.split(each))
    return 'stop'
  }
}

export function watchKind(options: WatchOptions): WatchedKind {
  return new KindWatch(options)
}

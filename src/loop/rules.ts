// Which ignore rules hold for an application, whose fields are whose, and the settings that say so, read again and again.
import {
  holdsIgnoreRules,
  IGNORE_RULES_LABEL,
  NO_OWNERSHIP,
  NO_RULES,
  type OwnershipSettings,
  parseIgnoreRules,
  parseSettings,
  RuleBook,
  type RuleDocument,
  type Settings,
} from '../core/definition/index.ts'
import { canonicalJson, type Json, type KubeObject } from '../core/kube/index.ts'
import { type Problem, problem, toProblem } from '../core/problem/index.ts'
import type { ClusterReader } from '../ports/cluster-reader.ts'
import type { Deps } from './deps.ts'
import { readOwnership } from './owners.ts'
import type { AppState } from './state.ts'
import { NOT_READ, UNKNOWN_EVERY_MS, unknownBecause } from './unknown-settings.ts'

const EVERY_MS = 10_000
const CONFIG_MAP = { group: '', version: 'v1', kind: 'ConfigMap' }

export function mergedRules(documents: readonly RuleDocument[]): RuleDocument {
  return {
    rules: documents.flatMap(({ rules }) => rules),
    switchedOff: documents.flatMap(({ switchedOff }) => switchedOff),
    problems: documents.flatMap(({ problems }) => problems),
  }
}

export function platformRulesOf(configMaps: readonly KubeObject[]): RuleDocument {
  const named = configMaps.map((item) => ({ ...item, apiVersion: 'v1', kind: CONFIG_MAP.kind }))
  const sorted = named
    .filter(holdsIgnoreRules)
    .sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))
  return mergedRules(sorted.map((each) => parseIgnoreRules(each, { origin: 'platform' })))
}

/** Rules that stand in ConfigMaps beside the Applications. Throws HoldfastError HF4xxx when they may not be read. */
export async function readPlatformRules(reader: Pick<ClusterReader, 'list'>, namespace: string): Promise<RuleDocument> {
  const labelSelector = `${IGNORE_RULES_LABEL}=true`
  const { items } = await reader.list({ ...CONFIG_MAP, namespace, labelSelector })
  return platformRulesOf(items)
}

/** The order decides which rule is named where several hide the same: the nearest to the object goes first. */
export function bookOf(
  app: { readonly ignoreDifferences: RuleBook['all']; readonly switchedOff: readonly string[] } | null,
  repository: RuleDocument,
  system: Pick<SystemRules, 'settings' | 'platform'>,
): RuleBook {
  const { platform, settings } = system
  return new RuleBook(
    [...(app?.ignoreDifferences ?? []), ...repository.rules, ...platform.rules, ...settings.ignoreDifferences],
    [...(app?.switchedOff ?? []), ...repository.switchedOff, ...platform.switchedOff],
    settings.knownTypes,
  )
}

/** What holds for every application. */
export interface SystemRules {
  readonly settings: Settings
  readonly platform: RuleDocument
  readonly ownership: OwnershipSettings
}

/** Gives the application what its objects are judged by now. Rules that are the same stay the same book. */
export function keepRules(app: AppState, system: SystemRules): void {
  const { definition, repositoryRules, rulesFrom, owners } = app
  const from = [definition?.digest ?? '', repositoryRules, system, owners]
  if (rulesFrom.length > 0 && from.every((part, index) => part === rulesFrom[index])) return
  app.rulesFrom = from
  app.ownership = system.ownership
  app.rules = bookOf(definition, repositoryRules, system)
}

export interface SettingsWatchOptions {
  readonly deps: Pick<Deps, 'reader' | 'clock' | 'log' | 'options'>
  /** They were read for the first time. */
  readonly onKnown: () => void
  readonly onChange: () => void
}

/** `argocd-cm`, the platform's own rules, and the ownership map. */
export class SettingsWatch {
  readonly #options: SettingsWatchOptions
  #timer: { cancel(): void } | null = null
  #system: SystemRules
  #unknown: Problem | null = NOT_READ
  #known = ''
  #said = ''
  #stopped = false

  constructor(defaults: Settings, options: SettingsWatchOptions) {
    this.#options = options
    this.#system = { settings: defaults, platform: NO_RULES, ownership: NO_OWNERSHIP }
  }

  get system(): SystemRules {
    return this.#system
  }

  /** Why they are not known; null once they were read. */
  get unknown(): Problem | null {
    return this.#unknown
  }

  /** Resolves when reading them was tried once; a failure is logged and tried again. */
  async start(): Promise<void> {
    await this.#read()
    if (this.#stopped) return
    const wait = this.#unknown === null ? EVERY_MS : UNKNOWN_EVERY_MS
    this.#timer = this.#options.deps.clock.after(wait, () => void this.start())
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  async #read(): Promise<void> {
    const { reader, options } = this.#options.deps
    const { namespace } = options
    try {
      const [argocdCm, platform, ownership] = await Promise.all([
        reader.get({ ...CONFIG_MAP, namespace, name: 'argocd-cm' }),
        readPlatformRules(reader, namespace),
        readOwnership(reader, namespace),
      ])
      const parsed = parseSettings(argocdCm)
      this.#say([...parsed.problems, ...platform.problems, ...ownership.problems])
      // What cannot be told is not the default; what was told before stays.
      const untold =
        parsed.value === null
          ? (parsed.problems[0] ?? problem('HF2008', 'argocd-cm cannot be used'))
          : ownership.fieldsUnknown
      if (untold !== null && this.#unknown !== null) this.#unknown = unknownBecause(untold)
      else
        this.#take({
          settings: parsed.value ?? this.#system.settings,
          platform,
          ownership: ownership.fieldsUnknown === null ? ownership.value : this.#system.ownership,
        })
    } catch (error) {
      const why = toProblem(error, 'HF4010')
      if (this.#unknown !== null) this.#unknown = unknownBecause(why)
      this.#say([{ ...why, message: `argocd-cm, ignore rules and ownership not read: ${why.message}` }])
    }
  }

  /** How objects are marked, and how often repositories are looked at, is settled when Holdfast starts. */
  #take({ settings: read, platform, ownership }: SystemRules): void {
    const isFirst = this.#known === ''
    const { ignoreDifferences, knownTypes, ignoreStatus, resources } = read
    const settings = isFirst
      ? read
      : { ...this.#system.settings, ...{ ignoreDifferences, knownTypes, ignoreStatus, resources } }
    const known = canonicalJson([settings, platform, ownership] as unknown as Json)
    if (known === this.#known) return
    this.#known = known
    this.#system = { settings, platform, ownership }
    this.#unknown = null
    if (isFirst) this.#options.onKnown()
    else this.#options.onChange()
  }

  /** Each state of affairs is said once, not every ten seconds. */
  #say(problems: readonly Problem[]): void {
    const all = JSON.stringify(problems)
    if (all === this.#said) return
    this.#said = all
    for (const { code, message } of problems) this.#options.deps.log.warn({ code }, message)
  }
}

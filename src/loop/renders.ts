// What a revision rendered to when it was rendered last, and what came out otherwise though Git did not move.
import {
  type Delivery,
  type GeneratorChange,
  isSameRequest,
  joinChanges,
  renderChange,
  type RenderPrint,
} from '../core/classify/index.ts'
import type { DesiredObject } from '../core/desired/index.ts'
import { formatRef, type ObjectRef, refKey } from '../core/kube/index.ts'
import { type Problem, problem } from '../core/problem/index.ts'
import type { KeptRender } from '../ports/store.ts'
import type { Deps } from './deps.ts'
import { shortRevision } from './revisions.ts'
import type { AppState, RenderState, Tracked } from './state.ts'

const MOST_NAMED = 5

/** What of an earlier run is known. Nothing is concluded where it cannot be read. */
export async function recallRender({ store, log }: Pick<Deps, 'store' | 'log'>, app: AppState): Promise<void> {
  if (app.renderedAt !== 0 || app.render !== null) return
  const kept = await store.lastRender(app.key).catch((error: unknown) => {
    log.debug({ app: app.key, error: String(error) }, 'last render not known')
    return null
  })
  if (kept === null || app.render !== null) return
  app.render = { ...kept, waiting: new Set(kept.waiting) }
  app.renderKept = keptKey(app.render)
}

const keptKey = ({ print, waiting }: RenderState): string =>
  JSON.stringify([print.revision, print.definition, print.digest, print.inputs, waiting.size])

/** To be known after a restart as well. */
export function keepRender({ store, log }: Pick<Deps, 'store' | 'log'>, app: AppState): void {
  const { render } = app
  if (render === null || app.renderKept === keptKey(render)) return
  app.renderKept = keptKey(render)
  const kept: KeptRender = { ...render, waiting: [...render.waiting] }
  store.keepRender(app.key, kept).catch((error: unknown) => {
    app.renderKept = ''
    log.debug({ app: app.key, error: String(error) }, 'last render not kept')
  })
}

/** An object that was not brought in before the change waits for Git's own. */
function wasPending(app: AppState, { ref }: Pick<DesiredObject, 'ref'>): boolean {
  if (app.renderedAt === 0) return app.revision !== app.syncedRevision
  const tracked = app.objects.get(refKey(ref))
  return tracked?.desired !== undefined && tracked.desired !== null && tracked.pending
}

/**
 * Takes in what is rendered now; to be called while the set before is still in force. Answers what came out otherwise
 * although Git and the Application are what they were.
 */
export function noteRender(
  app: AppState,
  print: RenderPrint,
  objects: readonly DesiredObject[],
): GeneratorChange | null {
  const before = app.render
  if (before === null || !isSameRequest(before.print, print)) {
    app.render = { print, generator: null, waiting: new Set() }
    return null
  }
  const change = renderChange(before.print, print)
  if (change === null) {
    app.render = { ...before, print }
    return null
  }
  const pending = new Set(objects.filter((object) => wasPending(app, object)).map(({ ref }) => formatRef(ref)))
  const changed = change.objects.filter((name) => before.waiting.has(name) || !pending.has(name))
  app.render = {
    print,
    generator: joinChanges(before.generator, change),
    waiting: new Set([...before.waiting, ...changed]),
  }
  return change
}

/** What the render alone makes differ of this object. */
export function generatorOf({
  app,
  ref,
}: {
  readonly app: Pick<AppState, 'render'>
  readonly ref: ObjectRef
}): GeneratorChange | null {
  const { render } = app
  if (render === null || render.generator === null) return null
  return render.waiting.has(formatRef(ref)) ? render.generator : null
}

export interface RenderedOtherwise {
  readonly generator: GeneratorChange
  readonly waiting: ReadonlySet<string>
}

/** What is rendered now beside what a controller rendered last. */
export function otherwiseThan(
  kept: KeptRender | null,
  print: RenderPrint,
  { pending }: Pick<Delivery, 'pending'>,
): RenderedOtherwise | null {
  if (kept === null || !isSameRequest(kept.print, print)) return null
  const change = pending ? null : renderChange(kept.print, print)
  const generator = change === null ? kept.generator : joinChanges(kept.generator, change)
  if (generator === null) return null
  return { generator, waiting: new Set([...kept.waiting, ...(change?.objects ?? [])]) }
}

/** The object is as it is rendered now. */
export function broughtIn({ app, ref }: Pick<Tracked, 'app' | 'ref'>): void {
  if (app.render !== null && app.render.waiting.size > 0) app.render.waiting.delete(formatRef(ref))
}

function listed(names: readonly string[]): string {
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : ''
  return names.length === 0 ? 'nothing that is an object' : names.slice(0, MOST_NAMED).join(', ') + more
}

export function changeText({ revision, before, now, objects, moved }: GeneratorChange): string {
  const what = `revision ${shortRevision(revision)} rendered otherwise than before (${before} → ${now}) though Git did not change`
  return `${what}: ${listed(objects)}; ${moved.join('; ')}`
}

/** Told for as long as something waits for it. */
export function generatorProblems(app: AppState): Problem[] {
  const { render } = app
  if (render === null || render.generator === null || render.waiting.size === 0) return []
  if (app.desiredProblems.some(({ code }) => code === 'HF1014')) return []
  return [problem('HF1016', changeText(render.generator), { app: app.key })]
}

// Brings the shipped CustomResourceDefinitions into a cluster; leaves those alone that somebody else installed.
import { ownershipOf } from '../core/classify/index.ts'
import type { ObjectEvaluation } from '../core/evaluate/index.ts'
import { formatRef, isMap, type Json, type KubeObject, refOf } from '../core/kube/index.ts'
import { HoldfastError, problem } from '../core/problem/index.ts'
import type { Clock } from '../ports/clock.ts'
import type { ClusterReader } from '../ports/cluster-reader.ts'

export interface InstallTools {
  readonly reader: Pick<ClusterReader, 'get'>
  readonly clock: Clock
  readonly applyDefinition: (definition: KubeObject, guard: KubeObject | null) => Promise<KubeObject>
  /** What a comparison with the live object says. */
  readonly compare: (definition: KubeObject) => Promise<ObjectEvaluation | undefined>
}

export interface Installed {
  readonly name: string
  /** `foreign`: installed by somebody else and left as it is. */
  readonly result: 'created' | 'updated' | 'unchanged' | 'foreign'
  /** Who installed it, where that is somebody else. */
  readonly by: string
}

const ESTABLISHED_WITHIN_MS = 30_000
const LOOK_EVERY_MS = 200

function isEstablished(definition: KubeObject): boolean {
  const { status } = definition
  const conditions = isMap(status) && Array.isArray(status.conditions) ? (status.conditions as readonly Json[]) : []
  return conditions.some(
    (condition) => isMap(condition) && condition.type === 'Established' && condition.status === 'True',
  )
}

async function awaitEstablished(tools: InstallTools, definition: KubeObject): Promise<void> {
  const start = tools.clock.monotonic()
  for (;;) {
    const live = await tools.reader.get(refOf(definition))
    if (live !== null && isEstablished(live)) return
    if (tools.clock.monotonic() - start > ESTABLISHED_WITHIN_MS) {
      const object = formatRef(refOf(definition))
      const message = `${object} was applied but is not established after ${ESTABLISHED_WITHIN_MS / 1_000} s`
      throw new HoldfastError(problem('HF4008', message, { object }, 'See its conditions.'))
    }
    await new Promise<void>((resolve) => {
      tools.clock.after(LOOK_EVERY_MS, resolve)
    })
  }
}

async function plan(tools: InstallTools, definition: KubeObject): Promise<Installed & { live: KubeObject | null }> {
  const name = definition.metadata.name ?? ''
  const live = await tools.reader.get(refOf(definition))
  if (live === null) return { name, result: 'created', by: '', live }
  const ownership = ownershipOf(live)
  if (ownership.ours === undefined) {
    const by = ownership.entries.find(({ entry }) => (entry.subresource ?? '') === '')?.entry.manager ?? 'somebody'
    return { name, result: 'foreign', by, live }
  }
  const evaluation = await tools.compare(definition)
  const result = evaluation !== undefined && evaluation.status === 'Synced' ? 'unchanged' : 'updated'
  return { name, result, by: '', live }
}

/** `look` changes nothing and tells what would be done. Throws HoldfastError HF4xxx. */
export async function installDefinitions(
  tools: InstallTools,
  definitions: readonly KubeObject[],
  how: 'apply' | 'look',
): Promise<readonly Installed[]> {
  const done: Installed[] = []
  for (const definition of definitions) {
    const { live, ...planned } = await plan(tools, definition)
    done.push(planned)
    if (how === 'look' || planned.result === 'foreign' || planned.result === 'unchanged') continue
    await tools.applyDefinition(definition, live)
    await awaitEstablished(tools, definition)
  }
  return done
}

// Writes down, on an Application, what is to become of additions that were there before enforcement.
import { parseTakeover, TAKEOVER_ANNOTATION, type TakeoverDecision } from '../core/definition/index.ts'
import { formatRef, type KubeObject, type ObjectRef } from '../core/kube/index.ts'
import { HoldfastError, problem } from '../core/problem/index.ts'
import type { Clock } from '../ports/clock.ts'
import type { ClusterReader } from '../ports/cluster-reader.ts'
import type { AnnotationRequest } from './steps/index.ts'

export interface TakeoverTools {
  readonly reader: Pick<ClusterReader, 'get'>
  readonly clock: Pick<Clock, 'now'>
  readonly annotate: (request: AnnotationRequest) => Promise<KubeObject>
}

export interface TakeoverWish {
  readonly ref: ObjectRef
  readonly decision: TakeoverDecision['decision']
  /** [] = any. */
  readonly managers: readonly string[]
  readonly paths: readonly string[]
}

function wished({ decision, managers, paths }: TakeoverWish, now: string): TakeoverDecision[] {
  const any = (given: readonly string[]): readonly string[] => (given.length === 0 ? [''] : given)
  const asOf = decision === 'accept' ? now : ''
  return any(managers).flatMap((manager) => any(paths).map((path) => ({ decision, manager, path, asOf })))
}

/** A decision takes the place of the one about the same additions; what says more stands before what says less. */
function joined(before: readonly TakeoverDecision[], added: readonly TakeoverDecision[]): TakeoverDecision[] {
  const same = (a: TakeoverDecision, b: TakeoverDecision): boolean => a.manager === b.manager && a.path === b.path
  const width = ({ manager, path }: TakeoverDecision): number => (manager === '' ? 1 : 0) + (path === '' ? 2 : 0)
  const others = before.filter((old) => !added.some((one) => same(one, old)))
  return [...added, ...others].sort((a, b) => width(a) - width(b))
}

function written(decisions: readonly TakeoverDecision[]): string {
  const short = decisions.map(({ decision, manager, path, asOf }) => ({
    decision,
    ...(manager === '' ? {} : { manager }),
    ...(path === '' ? {} : { path }),
    ...(asOf === '' ? {} : { asOf }),
  }))
  return JSON.stringify(short)
}

/** The decisions that hold from now on. Throws HF7003, HF2001, HF4xxx. */
export async function decideTakeover(tools: TakeoverTools, wish: TakeoverWish): Promise<readonly TakeoverDecision[]> {
  const { ref } = wish
  const application = await tools.reader.get(ref)
  const object = formatRef(ref)
  if (application === null)
    throw new HoldfastError(
      problem('HF7003', `there is no Application ${ref.name} in namespace ${ref.namespace}`, { object }),
    )
  const text = application.metadata.annotations?.[TAKEOVER_ANNOTATION]
  const { value, problems } = parseTakeover(text)
  const [wrong] = problems
  if (value === null || wrong !== undefined)
    throw new HoldfastError(
      problem(
        'HF2001',
        wrong?.message ?? `${TAKEOVER_ANNOTATION} cannot be read`,
        { object },
        'Mend or remove it first.',
      ),
    )
  const now = new Date(tools.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z')
  const decisions = joined(value, wished(wish, now))
  const resourceVersion = application.metadata.resourceVersion ?? ''
  await tools.annotate({ ref, resourceVersion, name: TAKEOVER_ANNOTATION, value: written(decisions) })
  return decisions
}

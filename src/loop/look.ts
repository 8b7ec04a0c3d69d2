// When is a kind of objects looked at that may explain others, and what if the server does not answer?
import { HoldfastError } from '../core/problem/index.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Kinds } from './kinds.ts'

type KindQuery = { readonly group: string; readonly version: string; readonly kind: string }

const AGAIN_FIRST_MS = 1_000
const AGAIN_LONGEST_MS = 60_000

export interface LookTools {
  readonly kinds: Pick<Kinds, 'load' | 'watch'>
  readonly clock: Clock
  readonly log: Pick<Log, 'warn'>
  readonly isStopped: () => boolean
}

async function watched({ kinds }: LookTools, kind: KindQuery): Promise<boolean> {
  const runtime = await kinds.load(kind, { refresh: !kind.group.endsWith('.k8s.io') && kind.group.includes('.') })
  if (runtime === undefined) return false
  await kinds.watch(runtime)
  if (runtime.refused !== null) throw new HoldfastError(runtime.refused)
  return true
}

/** It may not be read: then nobody waits for it. Whatever else went wrong may be over in a moment. */
function isRefused(error: unknown): boolean {
  return error instanceof HoldfastError && error.problem.code === 'HF4010'
}

/** Watches a kind; false = the server does not serve it. A kind that may not be read is left out and said so. */
export async function look(tools: LookTools, kind: KindQuery): Promise<boolean> {
  return watched(tools, kind).catch((error: unknown) => {
    tools.log.warn({ kind: kind.kind, error: String(error) }, 'no evidence from this kind')
    return false
  })
}

/**
 * As `look`, but where the server gave no answer it is asked on: what such a kind explains (an autoscaler its replicas)
 * would else be taken for drift from then on.
 */
export async function lookUntilAnswered(tools: LookTools, kind: KindQuery): Promise<boolean> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await watched(tools, kind)
    } catch (error) {
      if (failures === 0) tools.log.warn({ kind: kind.kind, error: String(error) }, 'no evidence from this kind')
      if (isRefused(error) || tools.isStopped()) return false
      const wait = Math.min(AGAIN_FIRST_MS * 2 ** failures, AGAIN_LONGEST_MS)
      await new Promise<void>((resolve) => void tools.clock.after(wait, resolve))
    }
  }
}

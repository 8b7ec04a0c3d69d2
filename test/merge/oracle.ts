import { spawnSync } from 'node:child_process'

/** One line put to the Go oracle (tools/oracle) and its answer. */
export type Request = { readonly op: string; readonly [field: string]: unknown }
export interface Answer {
  readonly error?: string
  readonly set?: unknown
  readonly added?: unknown
  readonly removed?: unknown
  readonly modified?: unknown
  readonly value?: unknown
  readonly text?: string
  readonly order?: number
  readonly nanos?: number
  readonly steps?: readonly StepAnswer[]
}
export interface StepAnswer {
  readonly live: unknown
  readonly managers: Readonly<Record<string, { version: string; applied: boolean; fields: unknown }>>
  readonly conflicts?: Readonly<Record<string, unknown>>
  readonly error?: string
}

/** Puts all requests to the binary at once; answers in their order. */
export function ask(binary: string, requests: readonly Request[]): Answer[] {
  const input = requests.map((request) => JSON.stringify(request)).join('\n')
  const run = spawnSync(binary, [], { input, encoding: 'utf8', maxBuffer: 1 << 30 })
  if (run.status !== 0) throw new Error(`the oracle failed: ${run.stderr}`)
  const lines = run.stdout.trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as Answer)
}

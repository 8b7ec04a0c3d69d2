// How a render came about, for people who ask.
import type { RenderExplanation } from '../../../core/desired/index.ts'
import { run } from '../process.ts'
import type { Override, RenderPlan } from './plan.ts'
import { describeIsolation, type Sandbox } from './sandbox.ts'
import { toolEnvironment } from './tool-environment.ts'
import type { Tool } from './tools.ts'

const VERSION_ARGS: Readonly<Record<string, readonly string[]>> = {
  helm: ['version', '--short'],
  kustomize: ['version'],
  jsonnet: ['--version'],
}
const VERSION_MS = 10_000

/** '' where it cannot be told. */
async function versionOf({ name, program }: Tool, sandbox: Sandbox): Promise<string> {
  const args = VERSION_ARGS[name]
  if (args === undefined) return ''
  const [file = '', ...rest] = await sandbox.confine([program, ...args], { network: false, timeoutMs: VERSION_MS })
  const { exitCode, stdout } = await run({
    ...{ file, args: rest, timeoutMs: VERSION_MS, maxOutputBytes: 4_096 },
    env: toolEnvironment('/nonexistent', 256 * 1024 * 1024, { network: false }),
  })
  return exitCode === 0 ? (stdout.toString('utf8').trim().split('\n')[0] ?? '') : ''
}

export async function explain(
  { tools }: Pick<RenderPlan, 'tools'>,
  sandbox: Sandbox,
  overrides: readonly Override[],
): Promise<RenderExplanation> {
  const told = tools.map(async (tool) => ({ ...tool, version: await versionOf(tool, sandbox) }))
  return {
    tools: await Promise.all(told),
    isolation: tools.length === 0 ? 'no tool' : describeIsolation(await sandbox.isolation()),
    overrides,
  }
}

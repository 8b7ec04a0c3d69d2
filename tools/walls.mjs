// @ts-check
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './progress.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/**
 * Holds the modules below `src/` of a tree against dependency-cruiser.cjs.
 * @param {string} [tree] with a tsconfig.json; default this project
 * @returns {Promise<{ modules: number, violations: readonly { rule: string, from: string, to: string }[] }>}
 *   `modules` counts those of `src/` that were really looked at: with a TypeScript that it cannot read
 *   dependency-cruiser looks at none and is content.
 */
export async function cruise(tree = ROOT) {
  const program = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')
  const args = [program, 'src', '--config', join(ROOT, 'dependency-cruiser.cjs'), '--output-type', 'json']
  const { stdout, stderr } = await run(process.execPath, args, { cwd: tree })
  if (!stdout.startsWith('{')) throw new Error(`dependency-cruiser did not finish: ${stderr || stdout}`)
  /** @type {{ modules: { source: string }[], summary: { violations: { rule: { name: string }, from: string, to: string }[] } }} */
  const { modules, summary } = JSON.parse(stdout)
  return {
    modules: modules.filter(({ source }) => source.startsWith('src/')).length,
    violations: summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to })),
  }
}

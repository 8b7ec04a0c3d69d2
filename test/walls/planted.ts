// Small trees of source with one violation each, and what must be said about it; `rule: undefined` plants something legal.

export interface ImportPlant {
  readonly rule: string | undefined
  readonly from: string
  readonly imports: string
}

/** Every file that a plant may import; each exports one value. */
export const TARGETS = [
  'src/core/problem/index.ts',
  'src/core/kube/index.ts',
  'src/core/kube/path.ts',
  'src/core/compare/index.ts',
  'src/core/record/index.ts',
  'src/ports/clock.ts',
  'src/ports/cluster-writer.ts',
  'src/adapters/git/index.ts',
  'src/adapters/git/parse.ts',
  'src/loop/queue.ts',
  'src/main/run.ts',
]

export const IMPORTS: readonly ImportPlant[] = [
  { rule: undefined, from: 'src/core/compare/legal.ts', imports: 'src/core/kube/index.ts' },
  { rule: undefined, from: 'src/core/kube/legal.ts', imports: 'src/core/kube/path.ts' },
  { rule: undefined, from: 'src/core/kube/hash.ts', imports: 'node:crypto' },
  { rule: undefined, from: 'src/loop/legal.ts', imports: 'src/core/record/index.ts' },
  { rule: undefined, from: 'src/loop/steps/legal.ts', imports: 'src/ports/cluster-writer.ts' },
  { rule: undefined, from: 'src/adapters/kube/legal.ts', imports: 'src/ports/cluster-writer.ts' },
  { rule: undefined, from: 'src/adapters/git/legal.ts', imports: 'src/adapters/git/parse.ts' },
  { rule: undefined, from: 'src/main/legal.ts', imports: 'src/adapters/git/index.ts' },
  { rule: 'core-is-pure', from: 'src/core/kube/disk.ts', imports: 'node:fs' },
  { rule: 'core-is-pure', from: 'src/core/kube/worker.ts', imports: 'node:worker_threads' },
  { rule: 'core-npm-allowlist', from: 'src/core/kube/package.ts', imports: 'picocolors' },
  { rule: 'core-knows-no-shell', from: 'src/core/kube/port.ts', imports: 'src/ports/clock.ts' },
  { rule: 'core-knows-no-shell', from: 'src/core/kube/loop.ts', imports: 'src/loop/queue.ts' },
  { rule: 'stage-order-kube', from: 'src/core/kube/later.ts', imports: 'src/core/compare/index.ts' },
  { rule: 'stage-order-compare', from: 'src/core/compare/later.ts', imports: 'src/core/record/index.ts' },
  { rule: 'one-door-per-stage', from: 'src/core/compare/window.ts', imports: 'src/core/kube/path.ts' },
  { rule: 'one-door-per-stage', from: 'src/loop/window.ts', imports: 'src/core/kube/path.ts' },
  { rule: 'ports-are-types', from: 'src/ports/thick.ts', imports: 'src/adapters/git/index.ts' },
  { rule: 'adapters-are-leaves', from: 'src/adapters/kube/neighbour.ts', imports: 'src/adapters/git/index.ts' },
  { rule: 'adapters-are-leaves', from: 'src/adapters/kube/upward.ts', imports: 'src/loop/queue.ts' },
  { rule: 'one-writer', from: 'src/loop/second-writer.ts', imports: 'src/ports/cluster-writer.ts' },
  { rule: 'one-writer', from: 'src/surfaces/cli/writer.ts', imports: 'src/ports/cluster-writer.ts' },
  { rule: 'only-main-wires', from: 'src/loop/wiring.ts', imports: 'src/adapters/git/index.ts' },
  { rule: 'only-main-wires', from: 'src/surfaces/cli/wiring.ts', imports: 'src/main/run.ts' },
]

export interface CodePlant {
  readonly rule: string | undefined
  readonly path: string
  readonly code: string
}

const nested =
  'export function f(a: number) { if (a) { if (a > 1) { if (a > 2) { if (a > 3) { return 1 } } } } return 2 }'
const branches = Array.from({ length: 20 }, (_, index) => `if (a === ${index}) return ${index}`).join('\n')

export const CODE: readonly CodePlant[] = [
  { rule: undefined, path: 'src/core/kube/plain.ts', code: 'export function f(now: number) { return new Date(now) }' },
  {
    rule: undefined,
    path: 'src/loop/plain.ts',
    code: 'export async function f() { await Promise.resolve(Date.now()) }',
  },
  { rule: 'no-restricted-syntax', path: 'src/core/kube/now.ts', code: 'export const f = () => Date.now()' },
  { rule: 'no-restricted-syntax', path: 'src/core/kube/date.ts', code: 'export const f = () => new Date()' },
  { rule: 'no-restricted-syntax', path: 'src/core/kube/random.ts', code: 'export const f = () => Math.random()' },
  { rule: 'no-restricted-syntax', path: 'src/core/kube/async.ts', code: 'export async function f() { return 1 }' },
  { rule: 'no-restricted-syntax', path: 'src/core/kube/state.ts', code: 'export let counter = 0' },
  { rule: 'no-restricted-globals', path: 'src/core/kube/env.ts', code: 'export const f = () => process.env' },
  {
    rule: 'no-restricted-globals',
    path: 'src/core/kube/console.ts',
    code: 'export const f = () => { console.log(1) }',
  },
  {
    rule: 'no-restricted-globals',
    path: 'src/core/kube/timer.ts',
    code: 'export const f = () => setTimeout(() => {}, 1)',
  },
  {
    rule: 'no-restricted-syntax',
    path: 'src/loop/boolean.ts',
    code: 'export function f(force: boolean) { return force }',
  },
  {
    rule: '@typescript-eslint/no-explicit-any',
    path: 'src/loop/any.ts',
    code: 'export const f = (x: any) => String(x)',
  },
  {
    rule: '@typescript-eslint/no-floating-promises',
    path: 'src/loop/float.ts',
    code: 'export const f = () => { Promise.resolve(1) }',
  },
  {
    rule: '@typescript-eslint/no-floating-promises',
    path: 'test/float.ts',
    code: 'export const f = () => { Promise.resolve(1) }',
  },
  {
    rule: '@typescript-eslint/switch-exhaustiveness-check',
    path: 'src/loop/switch.ts',
    code: "export function f(a: 'x' | 'y') { switch (a) { case 'x': return 1 } return 2 }",
  },
  { rule: 'max-depth', path: 'src/loop/depth.ts', code: nested },
  {
    rule: 'complexity',
    path: 'src/loop/complexity.ts',
    code: `export function f(a: number) {\n${branches}\nreturn -1 }`,
  },
  {
    rule: 'max-params',
    path: 'src/loop/params.ts',
    code: 'export const f = (a: 1, b: 2, c: 3, d: 4, e: 5) => [a, b, c, d, e]',
  },
  {
    rule: 'max-lines-per-function',
    path: 'src/loop/long.ts',
    code: `export function f() {\n${'void 0\n'.repeat(80)}}`,
  },
  { rule: 'max-lines', path: 'src/loop/longer.ts', code: 'export const a = 1\n'.concat('void 0\n'.repeat(420)) },
]

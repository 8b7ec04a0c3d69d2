// `holdfast set-image` on real checkouts: what git says was changed, to the line.
import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { load } from 'js-yaml'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { BinariesUnavailable, ensureBinaries } from '../../../tools/binaries.mjs'
import { command, type Said } from './command.ts'

type Tool = 'kustomize' | 'helm' | 'jsonnet'

interface Case {
  readonly name: string
  readonly needs?: readonly Tool[]
  readonly files: Readonly<Record<string, string>>
  readonly args: readonly string[]
  readonly changed?: {
    readonly file: string
    readonly line?: number
    readonly text?: string
    readonly lines?: Readonly<Record<string, string>>
  }
  readonly unchanged?: true
  readonly refused?: string
  readonly says?: readonly string[]
}

const CASES = join(import.meta.dirname, '../../cases/set-image')
let home: string
let tools: Partial<Record<Tool, string>> = {}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'holdfast set image-'))
  try {
    tools = await ensureBinaries(['kustomize', 'helm', 'jsonnet'])
  } catch (error) {
    if (!(error instanceof BinariesUnavailable) || process.env['CI'] === 'true') throw error
    console.error(`SKIPPED: cases of set-image that need a tool: ${error.message}`)
  }
})
afterAll(() => rm(home, { recursive: true, force: true }))

const env = (): Record<string, string | undefined> => ({
  PATH: process.env['PATH'],
  HOME: home,
  KUBECONFIG: '/dev/null',
  HOLDFAST_DATA_DIR: join(home, 'data'),
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'CI',
  GIT_AUTHOR_EMAIL: 'ci@example.com',
  GIT_COMMITTER_NAME: 'CI',
  GIT_COMMITTER_EMAIL: 'ci@example.com',
  HOLDFAST_KUSTOMIZE: tools.kustomize,
  HOLDFAST_HELM: tools.helm,
  HOLDFAST_JSONNET: tools.jsonnet,
})

const git = (cwd: string, ...args: string[]): string =>
  execFileSync('git', args, {
    cwd,
    env: env() as NodeJS.ProcessEnv,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })

/** A checkout whose origin is a repository beside it. */
async function checkout(files: Case['files']): Promise<string> {
  const directory = await mkdtemp(join(home, 'case '))
  const [bare, tree] = [join(directory, 'origin.git'), join(directory, 'tree')]
  git(directory, 'init', '--quiet', '--bare', '-b', 'main', bare)
  git(directory, 'init', '--quiet', '-b', 'main', tree)
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(tree, file)), { recursive: true })
    await writeFile(join(tree, file), text)
  }
  git(tree, 'config', 'core.autocrlf', 'false')
  git(tree, 'add', '--all')
  git(tree, 'commit', '--quiet', '-m', 'first')
  git(tree, 'remote', 'add', 'origin', bare)
  git(tree, 'push', '--quiet', '-u', 'origin', 'main')
  git(tree, 'remote', 'add', 'shop', 'https://git.example/shop.git')
  return tree
}

const holdfast = (cwd: string, ...args: string[]): Promise<Said> => command(['set-image', ...args], { cwd, env: env() })

async function cases(): Promise<readonly (Case & { from: string })[]> {
  const files = (await readdir(CASES)).sort()
  const read = await Promise.all(
    files.map(async (from) => {
      const list = load(await readFile(join(CASES, from), 'utf8')) as Case[]
      return list.map((one) => ({ ...one, from }))
    }),
  )
  return read.flat()
}

async function expectRefusal(tree: string, said: Said, { refused = '', says = [] }: Case): Promise<void> {
  expect(said.err).toMatch(new RegExp(`^${refused}: [^\\n]+\\n$`))
  for (const word of says) expect(said.err).toContain(word)
  expect(said).toMatchObject({ exit: 2, out: '' })
  expectNothing(tree)
}

function expectNothing(tree: string): void {
  expect(git(tree, 'status', '--porcelain')).toBe('')
  expect(git(tree, 'rev-list', '--count', 'HEAD')).toBe('1\n')
}

async function expectChange(tree: string, { args, changed }: Case): Promise<void> {
  if (changed === undefined) return expectNothing(tree)
  const isCommitted = args.includes('--commit')
  const lines = Object.entries(changed.lines ?? { [String(changed.line)]: changed.text ?? '' })
  const numbers = git(tree, 'diff', '--numstat', '-z', isCommitted ? 'HEAD~1' : 'HEAD')
  expect(numbers).toBe(`${lines.length}\t${lines.length}\t${changed.file}\0`)
  const now = (await readFile(join(tree, changed.file), 'utf8')).split('\n')
  for (const [line, text] of lines) expect(now[Number(line) - 1]).toBe(text)
  if (!isCommitted) return
  // What is there now is what is wanted: a second time nothing is done.
  const again = await holdfast(tree, ...args)
  expect(again).toMatchObject({ exit: 0, err: '' })
  expect(again.out).toContain('already')
  expect(git(tree, 'rev-list', '--count', 'HEAD')).toBe('2\n')
  expect(git(tree, 'status', '--porcelain')).toBe('')
}

describe('cases', async () => {
  const all = (await cases()).map((one) => [`${one.from}: ${one.name}`, one] as const)
  test.each(all)('%s', { timeout: 120_000 }, async (_, one) => {
    if ((one.needs ?? []).some((tool) => tools[tool] === undefined)) return
    const tree = await checkout(one.files)
    const said = await holdfast(tree, ...one.args)
    if (one.refused !== undefined) return expectRefusal(tree, said, one)
    expect(said).toMatchObject({ exit: 0, err: '' })
    return expectChange(tree, one)
  })
})

const POD = 'apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: app, image: web:1}]}\n'
const pod = (tag: string): string => POD.replace('web:1', `web:${tag}`)
const readText = (...names: readonly string[]): Promise<string> => readFile(join(...names), 'utf8')

describe('the checkout', () => {
  let tree: string
  beforeEach(async () => {
    tree = await checkout({ 'web/pod.yaml': POD, 'other.txt': 'as it was\n' })
  })
  const set = (...more: string[]): Promise<Said> => holdfast(tree, './web', 'app=web:2', ...more)

  test('a commit holds this file alone, whatever else is changed or staged [S004-66]', async () => {
    await writeFile(join(tree, 'other.txt'), 'staged\n')
    git(tree, 'add', 'other.txt')
    await writeFile(join(tree, 'new.txt'), '')
    const said = await set('--commit')
    expect(said).toMatchObject({ exit: 0, err: '' })
    expect(git(tree, 'show', '--name-only', '--format=%an <%ae>%n%B')).toBe(
      'CI <ci@example.com>\nSet app to web:2 in web\n\nPod web: web:1 -> web:2\n\n\nweb/pod.yaml\n',
    )
    expect(git(tree, 'status', '--porcelain')).toBe('M  other.txt\n?? new.txt\n')
    expect(said.out).toContain(git(tree, 'rev-parse', 'HEAD').trim())
  })
  test('a message of one’s own', async () => {
    await set('--commit', '--message', '-F /etc/passwd')
    expect(git(tree, 'log', '-1', '--format=%B')).toBe('-F /etc/passwd\n\n')
  })
  test('a dry run writes nothing and says what it would', async () => {
    const said = await set('--dry-run', '--commit', '-o', 'json')
    expect(JSON.parse(said.out)).toEqual({
      apiVersion: 'holdfast.dev/v1alpha1',
      kind: 'ImageChange',
      outcome: 'changed',
      dryRun: true,
      file: 'web/pod.yaml',
      changes: [{ line: 4, from: 'web:1', to: 'web:2' }],
      images: [{ object: 'Pod web', path: '.spec.containers[0].image', container: 'app', from: 'web:1', to: 'web:2' }],
      commit: null,
      pushed: null,
      problems: [],
    })
    expectNothing(tree)
  })
  test('a refusal as JSON', async () => {
    const said = await holdfast(tree, './web', 'nobody=web:2', '-o', 'json')
    expect(JSON.parse(said.out)).toMatchObject({ outcome: 'refused', problems: [{ code: 'HF8002' }] })
    expect(said.exit).toBe(2)
  })
  test('a file with changes of its own is changed, but not committed', async () => {
    await writeFile(join(tree, 'web/pod.yaml'), `# mine\n${POD}`)
    const said = await set('--commit')
    expect(said).toMatchObject({ exit: 2, out: '' })
    expect(said.err).toMatch(/^HF8006: .*not committed/)
    expect(await readText(tree, 'web/pod.yaml')).toBe(`# mine\n${POD}`)
    expect(await set()).toMatchObject({ exit: 0 })
    expect(await readText(tree, 'web/pod.yaml')).toBe(`# mine\n${pod('2')}`)
  })
  test('a file that is not in Git is not committed', async () => {
    git(tree, 'rm', '--quiet', '--cached', 'web/pod.yaml')
    git(tree, 'commit', '--quiet', '-m', 'without')
    expect((await set('--commit')).err).toMatch(/^HF8006: .*not in Git/)
    expect(await readText(tree, 'web/pod.yaml')).toBe(POD)
  })
  test('a hook that refuses leaves everything as it was', async () => {
    await writeFile(join(tree, '.git/hooks/pre-commit'), '#!/bin/sh\necho not today >&2\nexit 1\n', { mode: 0o755 })
    expect((await set('--commit')).err).toMatch(/^HF8007: .*not today/)
    expectNothing(tree)
  })
  test('a push goes to the branch of HEAD', async () => {
    expect(await set('--commit', '--push')).toMatchObject({ exit: 0, err: '' })
    expect(git(tree, 'rev-parse', 'HEAD')).toBe(git(join(tree, '../origin.git'), 'rev-parse', 'main'))
  })
  test('a detached HEAD is committed to; a push needs the name of a branch', async () => {
    git(tree, 'checkout', '--quiet', '--detach')
    const said = await set('--commit', '--push')
    expect(said.err).toMatch(/^HF8006: HEAD is on no branch/)
    expectNothing(tree)
    expect(await set('--commit', '--push', 'main')).toMatchObject({ exit: 0, err: '' })
    expect(git(tree, 'rev-parse', 'HEAD')).toBe(git(join(tree, '../origin.git'), 'rev-parse', 'main'))
  })
  test.each(['-f', 'a..b', 'refs/../x', ' '])('--push %j is refused before anything is written', async (branch) => {
    expect(await set('--commit', `--push=${branch}`)).toMatchObject({ exit: 2, out: '' })
    expectNothing(tree)
  })
  test('a push that is refused leaves the commit and says so', async () => {
    const other = join(tree, '../other')
    git(tree, 'clone', '--quiet', '../origin.git', other)
    git(other, 'commit', '--quiet', '--allow-empty', '-m', 'theirs')
    git(other, 'push', '--quiet')
    const said = await set('--commit', '--push')
    expect(said.err).toMatch(/^HF8008: origin main: .*stays in the work tree/)
    expect(said.exit).toBe(2)
    expect(git(tree, 'rev-list', '--count', 'HEAD')).toBe('2\n')
  })
  test('the mode of the file stays', async () => {
    git(tree, 'config', 'core.fileMode', 'true')
    await chmod(join(tree, 'web/pod.yaml'), 0o755)
    git(tree, 'commit', '--quiet', '--all', '-m', 'mode')
    await set('--commit')
    expect(git(tree, 'diff', '--raw', 'HEAD~1').slice(0, 15)).toBe(':100755 100755 ')
  })
  test('a link inside the tree leads to its file', async () => {
    await mkdir(join(tree, 'links'))
    await symlink('../web/pod.yaml', join(tree, 'links/pod.yaml'))
    expect(await holdfast(tree, './links', 'app=web:2')).toMatchObject({ exit: 0, err: '' })
    expect(git(tree, 'diff', '--name-only')).toBe('web/pod.yaml\n')
  })
  test.each(['relative', 'absolute'])('a link out of the tree is refused (%s)', async (how) => {
    const outside = join(tree, '../outside.yaml')
    await writeFile(outside, POD)
    await mkdir(join(tree, 'links'))
    await symlink(how === 'absolute' ? outside : '../../outside.yaml', join(tree, 'links/pod.yaml'))
    const said = await holdfast(tree, './links', 'app=web:2')
    expect(said).toMatchObject({ exit: 2, out: '' })
    expect(said.err).toMatch(/^HF1006: /)
    expect(await readText(outside)).toBe(POD)
  })
  test('what is no checkout', async () => {
    const said = await holdfast(home, home, 'app=web:2')
    expect(said.err).toMatch(/^HF8006: /)
  })
  test('a submodule is a checkout of its own', async () => {
    git(tree, '-c', 'protocol.file.allow=always', 'submodule', 'add', '--quiet', join(tree, '../origin.git'), 'sub')
    git(tree, 'commit', '--quiet', '-m', 'sub')
    expect(await holdfast(tree, './sub/web', 'app=web:2', '--commit')).toMatchObject({ exit: 0, err: '' })
    expect(git(join(tree, 'sub'), 'diff', '--name-only', 'HEAD~1')).toBe('web/pod.yaml\n')
  })
})

describe('an Application of a file', () => {
  const application = (repoURL: string, source: string): string => `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  project: default
  destination: {server: 'https://kubernetes.default.svc', namespace: shop}
  source:
    repoURL: ${repoURL}
    ${source}
`
  test('what lies in another repository is fetched, and its options are changed here', async () => {
    if (tools.kustomize === undefined) return
    const other = await checkout({ 'web/pod.yaml': POD, 'web/kustomization.yaml': 'resources: [pod.yaml]\n' })
    const source = 'path: web\n    kustomize: {images: ["web=registry.example/web:1"]}'
    const tree = await checkout({ 'app.yaml': application(`file://${encodeURI(other)}`, source) })
    expect(await holdfast(tree, 'app.yaml', 'app=:2')).toMatchObject({ exit: 0, err: '' })
    expect(git(tree, 'diff', '--numstat')).toBe('1\t1\tapp.yaml\n')
    expect(await readText(tree, 'app.yaml')).toContain('["web=registry.example/web:2"]')
    expectNothing(other)
  })
  test('what the other repository says itself cannot be changed here', async () => {
    const other = await checkout({ 'web/pod.yaml': POD })
    const tree = await checkout({ 'app.yaml': application(`file://${encodeURI(other)}`, 'path: web') })
    expect((await holdfast(tree, 'app.yaml', 'app=:2')).err).toMatch(/^HF8004: /)
    expectNothing(tree)
  })
  test('a file that holds several', async () => {
    const one = application('https://git.example/shop.git', 'path: web')
    const tree = await checkout({ 'apps.yaml': `${one}---\n${one}`, 'web/pod.yaml': POD })
    expect((await holdfast(tree, 'apps.yaml', 'app=:2')).err).toMatch(/^HF1012: .*several/)
  })
})

describe('the words', () => {
  test.each([
    ['app=web', 'HF8001'],
    ['app=', 'HF8001'],
    ['app=web:', 'HF8001'],
    ['=web:1', 'HF8001'],
    [':1', 'HF8001'],
    ['app=UPPER:1', 'HF8001'],
    ['app=web:1:2', 'HF8001'],
    ['app=web:-1', 'HF8001'],
    ['app=web:1 2', 'HF8001'],
    ['app=web:1\n- x', 'HF8001'],
    ['app=web@sha256:abc', 'HF8001'],
    ['app=local host/web:1', 'HF8001'],
    ['app=-web:1', 'HF8001'],
  ])('%j: %s', async (words, code) => {
    const said = await holdfast(home, home, words)
    expect(said).toMatchObject({ exit: 2, out: '' })
    expect(said.err).toMatch(new RegExp(`^${code}: [^\\n]+\\n$`))
  })
  test.each([
    [['--push'], '--push needs --commit'],
    [['--message', 'x'], '--message needs --commit'],
    [['--commit', '--message', ' '], 'empty'],
    [['-n', 'x'], '-n is'],
  ])('%j', async (options, why) => {
    const said = await holdfast(home, home, 'app=web:1', ...options)
    expect(said.err).toMatch(/^HF7002: /)
    expect(said.err).toContain(why)
  })
})

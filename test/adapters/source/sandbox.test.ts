// What a render tool sees, what it may take, and what is left of it.
import { createServer } from 'node:net'
import { spawnSync } from 'node:child_process'
import { access, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SOURCE_LIMITS } from '../../../src/adapters/source/index.ts'
import { describeIsolation, Sandbox } from '../../../src/adapters/source/render/sandbox.ts'
import { type Tool, ToolFinder } from '../../../src/adapters/source/render/tools.ts'
import { masked } from '../../../src/adapters/source/render/words.ts'
import { makeFolder, sweepFolders } from '../../../src/adapters/source/render/workspace-folder.ts'
import { configMap, namesOf, problemOf } from './support/bench.ts'
import { callOf, type EngineBench, engineBench, type PlanOptions, planOf, renderWith } from './support/engine.ts'

const MIB = 1024 * 1024
const finder = new ToolFinder({ PATH: process.env['PATH'] })
const isolation = await new Sandbox({ tools: finder, limits: SOURCE_LIMITS }).isolation()
const hasNamespaces = isolation.network === 'namespace' && isolation.processes === 'namespace'

let bench: EngineBench
let made = 0
beforeAll(async () => {
  bench = await engineBench()
})
afterAll(() => bench.end())

const toolOf = (script: string): Promise<Tool> => {
  made += 1
  return bench.tool(`tool${made}`, script)
}
const asConfigMap = (expression: string): string =>
  `process.stdout.write('apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: seen}\\ndata: ' + JSON.stringify({ seen: JSON.stringify(${expression}) }))`

/** What a script sees from inside. */
async function seen(script: string, { call = {}, plan = {}, path }: Seeing = {}): Promise<unknown> {
  const engine = bench.engine(path === undefined ? {} : { path })
  const { objects } = await renderWith(engine, callOf(await toolOf(script), call, plan), { fresh: true })
  const { seen: text } = (objects[0]?.object as unknown as { data: { seen: string } }).data
  return JSON.parse(text)
}
interface Seeing {
  readonly call?: Parameters<typeof callOf>[1]
  readonly plan?: PlanOptions
  readonly path?: string
}

async function folders(): Promise<string[]> {
  const names = await readdir(tmpdir())
  return names.filter((name) => name.startsWith('holdfast-render-') && name.includes(`-${process.pid}-`))
}

const FETCH = `
import { connect } from 'node:net'
const result = await new Promise((resolve) => {
  const socket = connect(Number(process.argv[2]), '127.0.0.1')
  socket.once('connect', () => resolve('connected')).once('error', () => resolve('refused'))
})
${asConfigMap('result')}
process.exit(0)`

describe('what a tool sees', () => {
  test('nothing of the environment', async () => {
    process.env['KUBECONFIG'] = '/etc/kubernetes/admin.conf'
    process.env['HOLDFAST_TEST_TOKEN'] = 'hunter2'
    const environment = await seen(asConfigMap('process.env')).finally(() => {
      delete process.env['KUBECONFIG']
      delete process.env['HOLDFAST_TEST_TOKEN']
    })
    const { HOME, ...rest } = environment as Record<string, string>
    expect(HOME).toMatch(/holdfast-render-.*\/home$/)
    expect(Object.keys(rest).sort()).toEqual(
      [
        ...['ALL_PROXY', 'GOMEMLIMIT', 'GOTRACEBACK', 'HTTPS_PROXY', 'HTTP_PROXY', 'LC_ALL', 'PATH', 'TMPDIR'],
        ...['XDG_CACHE_HOME', 'XDG_CONFIG_HOME'],
      ].sort(),
    )
  })
  test('exactly the files of the plan, read-only, in a folder of its own', async () => {
    const script = `
import { readdirSync, statSync } from 'node:fs'
const mode = (file) => (statSync(file).mode & 0o777).toString(8)
${asConfigMap("{ cwd: process.cwd(), all: readdirSync('..', { recursive: true }).sort(), file: mode('x.yaml'), directory: mode('..'), home: readdirSync(process.env.HOME) }")}`
    const files = { 'web/x.yaml': 'a', 'base/y.yaml': 'b' }
    const found = await seen(script, { call: { cwd: 'web' }, plan: { files } })
    expect(found).toMatchObject({ all: ['base', 'base/y.yaml', 'web', 'web/x.yaml'], file: '400', directory: '700' })
    expect(found).toMatchObject({ home: [] })
    await expect(access((found as { cwd: string }).cwd)).rejects.toThrow()
  })
  test('a plugin may write its copy', async () => {
    const script = `import { statSync } from 'node:fs'\n${asConfigMap("(statSync('x.yaml').mode & 0o777).toString(8)")}`
    expect(await seen(script, { plan: { type: 'Plugin', files: { 'x.yaml': 'a' } } })).toBe('600')
  })
  test('an empty standard input, or what it is given', async () => {
    const script = `import { readFileSync } from 'node:fs'\n${asConfigMap("readFileSync(0, 'utf8')")}`
    expect(await seen(script)).toBe('')
    expect(await seen(script, { call: { input: 'handed over' } })).toBe('handed over')
  })
  test('a tool that does not read its input is no failure', async () => {
    const input = 'x'.repeat(4 * MIB)
    expect(await seen(asConfigMap("'done'"), { call: { input } })).toBe('done')
  })

  describe.skipIf(!hasNamespaces)('where namespaces may be made', () => {
    test('no network, unless it may use it', async () => {
      let connections = 0
      const server = createServer((socket) => {
        connections += 1
        socket.destroy()
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const args = [String((server.address() as AddressInfo).port)]
      expect(await seen(FETCH, { call: { args } })).toBe('refused')
      expect(connections).toBe(0)
      expect(await seen(FETCH, { call: { args, network: true } })).toBe('connected')
      server.close()
    })
    test('no other process', async () => {
      const script = `import { readdirSync } from 'node:fs'\n${asConfigMap("readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).length")}`
      expect(await seen(script)).toBeLessThanOrEqual(2)
    })
  })

  test('where none may be made that is said, and tools run all the same', async () => {
    const path = await mkdtemp(join(tmpdir(), 'holdfast-path-'))
    expect(await seen(asConfigMap("process.env.HTTPS_PROXY ?? ''"), { path })).toBe('http://127.0.0.1:9')
    expect(bench.said).toContainEqual(
      expect.objectContaining({ level: 'warn', fields: { network: 'proxies', processes: 'group', limits: 'watched' } }),
    )
    const sandbox = new Sandbox({ tools: new ToolFinder({ PATH: path }), limits: SOURCE_LIMITS })
    expect(describeIsolation(await sandbox.isolation())).toBe(
      'network kept off by proxy variables only, own process group, watched limits',
    )
    await rm(path, { recursive: true })
  })
  test('which isolation is in force is found out and said once', async () => {
    const engine = bench.engine()
    const before = bench.said.length
    const tool = await toolOf('')
    await Promise.all([1, 2, 3].map((part) => renderWith(engine, callOf(tool, {}, { parts: [part] }))))
    expect(bench.said.slice(before).filter(({ message }) => message.startsWith('render tools'))).toHaveLength(1)
  })
})

/** The way out of an `unshare` that may not make namespaces: as in containers that forbid them. */
test.each([
  ['user namespaces forbidden', 'for (const a of process.argv) if (a === "--user") process.exit(1)', 'group'],
  ['all forbidden', 'process.exit(1)', 'group'],
])('%s', async (_, script, processes) => {
  const path = await mkdtemp(join(tmpdir(), 'holdfast-path-'))
  await writeFile(join(path, 'unshare'), `#!${process.execPath}\n${script};process.exit(1)`, { mode: 0o755 })
  const found = await new Sandbox({ tools: new ToolFinder({ PATH: path }), limits: SOURCE_LIMITS }).isolation()
  expect(found).toEqual({ network: 'proxies', processes, limits: 'watched' })
  await rm(path, { recursive: true })
})

interface Hostile {
  readonly script: string
  readonly code: string
  readonly message: string | RegExp
  readonly limits?: Partial<typeof SOURCE_LIMITS>
}
const forever = 'setInterval(() => {}, 1000)'
const HOSTILE: Record<string, Hostile> = {
  'prints without end': {
    script: 'const x = Buffer.alloc(1e6, 97); const more = () => process.stdout.write(x, more); more()',
    ...{ code: 'HF1010', message: 'printed more than 4194304 bytes', limits: { outputBytes: 4 * MIB } },
  },
  'complains without end': {
    script: `const x = Buffer.alloc(1e6, 97); const more = () => process.stderr.write(x, more); more()`,
    ...{ code: 'HF1010', message: /did not end within 0\.5 s/, limits: { renderMs: 500 } },
  },
  'takes memory without end': {
    script: 'const all = []; for (;;) all.push(Buffer.alloc(16e6, 1))',
    ...{ code: 'HF1010', message: /memory/, limits: { toolMemoryBytes: 400 * MIB } },
  },
  'takes memory in many processes': {
    script: `import { spawn } from 'node:child_process'
if (process.argv[2] === 'child') globalThis.kept = Buffer.alloc(80e6, 1)
else for (let i = 0; i < 8; i += 1) spawn(process.execPath, [process.argv[1], 'child'])
${forever}`,
    ...{ code: 'HF1010', message: /used more than 419430400 bytes of memory/, limits: { toolMemoryBytes: 400 * MIB } },
  },
  'starts processes without end': {
    script: `import { spawn } from 'node:child_process'
setInterval(() => { for (let i = 0; i < 4; i += 1) spawn(process.execPath, [process.argv[1]]).on('error', () => {}) }, 10)`,
    ...{ code: 'HF1010', message: /ran more than 100 processes|out of memory|memory/, limits: { toolProcesses: 100 } },
  },
  'never ends': {
    ...{ script: forever, code: 'HF1010', message: 'did not end within 0.3 s', limits: { renderMs: 300 } },
  },
  'ignores signals': {
    script: `for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(name, () => {}); ${forever}`,
    ...{ code: 'HF1010', message: 'did not end within', limits: { renderMs: 500 } },
  },
  'writes a huge file': {
    script: `import { openSync, writeSync } from 'node:fs'
const file = openSync(process.env.HOME + '/huge', 'w'); const x = Buffer.alloc(1e6); for (;;) writeSync(file, x)`,
    ...{ code: 'HF1009', message: /EFBIG|a limit|wrote more/, limits: { renderBytes: 8 * MIB } },
  },
  'writes many files': {
    script: `import { writeFileSync } from 'node:fs'
let n = 0; setInterval(() => writeFileSync('f' + n++, Buffer.alloc(1e6)), 1)`,
    ...{ code: 'HF1010', message: 'wrote more than 16777216 bytes', limits: { renderBytes: 8 * MIB } },
  },
  'prints what is no text': {
    ...{ script: 'process.stdout.write(Buffer.from([0x61, 0xff, 0xfe]))', code: 'HF1009', message: 'not UTF-8' },
  },
  'closes its output and goes on': {
    script: `import { closeSync } from 'node:fs'; closeSync(1); closeSync(2); ${forever}`,
    ...{ code: 'HF1010', message: 'did not end within', limits: { renderMs: 500 } },
  },
  'kills itself': {
    script: "process.kill(process.pid, 'SIGKILL'); process.exit(7)",
    code: 'HF1009',
    message: /ended with/,
  },
  'says nothing and fails': { script: 'process.exit(3)', code: 'HF1009', message: 'ended with exit code 3' },
  'is no program': { script: '', code: 'HF1011', message: 'cannot be started' },
}

describe('a hostile tool', () => {
  test.each(Object.entries(HOSTILE))('%s', async (name, { script, code, message, limits = {} }) => {
    const tool = await toolOf(script)
    if (name === 'is no program') await rm(tool.program)
    const engine = bench.engine({ limits })
    const found = await problemOf(renderWith(engine, callOf(tool, {}, { parts: [name] }), { limits }))
    expect(found.code).toBe(code)
    expect(found.message).toMatch(message)
    expect(found.subject).toMatchObject({ repository: 'https://git.example/a', path: 'web' })
    expect(await folders()).toEqual([])
  })
  test('that deletes its directory has its output used', async () => {
    const tool = await toolOf(`import { rmSync } from 'node:fs'
rmSync(process.cwd(), { recursive: true, force: true }); process.stdout.write(${JSON.stringify(configMap('left'))})`)
    expect(namesOf(await renderWith(bench.engine(), callOf(tool, {}, { files: { 'a.yaml': 'a' } })))).toEqual(['left'])
    expect(await folders()).toEqual([])
  })
  test('that locks its directory leaves nothing either', async () => {
    const tool = await toolOf(`import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
mkdirSync('deep/er', { recursive: true }); writeFileSync('deep/er/x', ''); chmodSync('deep/er', 0); chmodSync('deep', 0)`)
    await renderWith(bench.engine(), callOf(tool))
    expect(await folders()).toEqual([])
  })
  test.skipIf(!hasNamespaces)('that leaves children in a session of their own: they end with it', async () => {
    const mark = `holdfast-left-${process.pid}`
    const tool = await toolOf(`import { spawn } from 'node:child_process'
spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', '${mark}'], { detached: true, stdio: 'inherit' }).unref()
process.stdout.write(${JSON.stringify(configMap('a'))}, () => process.exit(0))`)
    expect(namesOf(await renderWith(bench.engine(), callOf(tool)))).toEqual(['a'])
    expect(await processesWith(mark)).toEqual([])
  })
  test('that leaves children which hold its output: it is not waited for', async () => {
    const path = await mkdtemp(join(tmpdir(), 'holdfast-path-'))
    const tool = await toolOf(`import { spawn } from 'node:child_process'
spawn(process.execPath, ['-e', 'setTimeout(() => {}, 20000)'], { detached: true, stdio: 'inherit' }).unref()
process.stdout.write(${JSON.stringify(configMap('a'))}, () => process.exit(0))`)
    const before = performance.now()
    expect(namesOf(await renderWith(bench.engine({ path }), callOf(tool)))).toEqual(['a'])
    expect(performance.now() - before).toBeLessThan(10_000)
    await rm(path, { recursive: true })
  })
  test('all calls of a render share its time', async () => {
    const tool = await toolOf('setTimeout(() => {}, 300)')
    const limits = { renderMs: 700 }
    const plan = planOf({
      parts: ['shared'],
      run: async (work) => {
        for (let call = 0; call < 10; call += 1) await work.call(tool, { args: [] })
        return ''
      },
    })
    expect(await problemOf(renderWith(bench.engine({ limits }), plan, { limits }))).toMatchObject({ code: 'HF1010' })
  })
})

async function processesWith(mark: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return lines.filter((line) => line.includes(mark))
}

describe('what is said of a failure', () => {
  const failing = (stderr: string): Promise<Tool> => toolOf(`process.stderr.write(${stderr}); process.exitCode = 1`)
  test('no path of the working directory', async () => {
    const tool = await failing("'open ' + process.cwd() + '/base/x.yaml: no such file; in ' + process.cwd()")
    const found = await problemOf(renderWith(bench.engine(), callOf(tool, { cwd: 'web' }, { files: { 'web/a': '' } })))
    expect(found.message).toBe('open web/base/x.yaml: no such file; in web')
  })
  const secret = { 'secret.yaml': 'kind: Secret\nstringData: {password: hunter2}\n' }
  test('nothing where the source makes Secrets', async () => {
    const tool = await failing("'cannot read hunter2'")
    const { message } = await problemOf(renderWith(bench.engine(), callOf(tool, {}, { files: secret })))
    expect(message).not.toContain('hunter2')
    expect(message).toContain('withheld')
  })
  test('all but what is masked, where the plan knows what that is', async () => {
    const tool = await failing("'web.yaml:3: cannot read hunter2 or ' + Buffer.from('hunter2').toString('base64')")
    const call = { secrets: async () => ['hunter2'] }
    const { message } = await problemOf(renderWith(bench.engine(), callOf(tool, call, { files: secret })))
    expect(message).toBe('web.yaml:3: cannot read *** or ***')
  })
  test.each([
    ['a "b" c', '"a \\"b\\" c" is wrong', '"***" is wrong'],
    ['line one\nline two', 'near "line two": bad', 'near "***": bad'],
    ['on', 'on: one, on, "on"', '***: one, ***, "***"'],
    ['a.c', 'abc a.c', 'abc ***'],
    ['long-password', 'x'.repeat(995) + 'long-password', 'x'.repeat(995) + '***'],
    ['', 'as it is', 'as it is'],
  ])('%j in %j', (text, words, result) => {
    expect(masked(words, [text])).toBe(result)
  })
})

describe('what a crash left behind', () => {
  const dead = (): number => spawnSync(process.execPath, ['-e', '']).pid
  const folder = async (name: string): Promise<string> => {
    const path = join(tmpdir(), name)
    await mkdir(join(path, 'work'), { recursive: true })
    return path
  }
  const exists = (path: string): Promise<boolean> =>
    stat(path).then(
      () => true,
      () => false,
    )
  test('is swept, what others use is not', async () => {
    const mine = await makeFolder()
    const namespace = /holdfast-render-(\d+)-/.exec(mine.work)?.[1] ?? ''
    const left = await folder(`holdfast-render-${namespace}-${dead()}-abc`)
    const used = await folder(`holdfast-render-${namespace}-1-abc${process.pid}`)
    const foreign = await folder(`holdfast-render-1-${dead()}-young${process.pid}`)
    const old = await folder(`holdfast-render-1-${dead()}-old${process.pid}`)
    await utimes(old, 1, 1)
    await sweepFolders()
    expect(await Promise.all([mine.work, left, used, foreign, old].map(exists))).toEqual([
      true,
      false,
      true,
      true,
      false,
    ])
    await Promise.all([mine.remove(), rm(used, { recursive: true }), rm(foreign, { recursive: true })])
  })
})

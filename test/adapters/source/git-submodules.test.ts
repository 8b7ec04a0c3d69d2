import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGitServer } from '../../../tools/git-server.mjs'
import { runGit } from '../../../tools/git-repository.mjs'
import { accessOf, settingsOf } from './support/access.ts'
import {
  type Bench,
  configMap,
  definition,
  namesOf,
  problemOf,
  render,
  requestFor,
  RESOLVE,
  startBench,
  type TestRepository,
} from './support/bench.ts'

let bench: Bench
let made = 0
beforeAll(async () => {
  bench = await startBench({ failureMs: 0 })
})
afterAll(() => bench.end())

const create = (): Promise<TestRepository> => bench.git.createRepository(`sub/r${++made}`)
const gitmodules = (path: string, url: string, name = path): string =>
  `[submodule "${name}"]\n\tpath = ${path}\n\turl = ${url}\n`

/** Commits files with gitlinks, as `git submodule add` would. */
async function commitWith(
  repo: TestRepository,
  files: Record<string, string>,
  links: Record<string, string>,
): Promise<string> {
  await repo.commit(files, 'files')
  const stream = [
    'commit refs/heads/main\nauthor T <t@example.com> 1700000000 +0000\ncommitter T <t@example.com> 1700000000 +0000\n',
    'data 5\nlinks\nfrom refs/heads/main^0\n',
    ...Object.entries(links).map(([path, commit]) => `M 160000 ${commit} ${path}\n`),
    'done\n',
  ]
  await runGit(repo.path, ['fast-import', '--quiet', '--done'], Buffer.from(stream.join('')))
  return repo.head('main')
}

const recursive = (url: string, path = '') => definition(url, { path, directory: { recurse: true } })

describe('files of submodules', () => {
  test('lie in the tree at the commit that it names, not at the newest', async () => {
    const library = await create()
    const first = await library.commit({ 'lib.yaml': configMap('lib'), 'deep/x.yaml': configMap('deep') }, 'one')
    await library.commit({ 'lib.yaml': configMap('newer') }, 'two')
    const app = await create()
    await commitWith(
      app,
      { 'app.yaml': configMap('app'), '.gitmodules': gitmodules('vendor/lib', library.url) },
      { 'vendor/lib': first },
    )
    expect(namesOf(await render(bench.source, recursive(app.url))).sort()).toEqual(['app', 'deep', 'lib'])
    expect(namesOf(await render(bench.source, definition(app.url, { path: 'vendor/lib' })))).toEqual(['lib'])
    expect(namesOf(await render(bench.source, definition(app.url, { path: 'vendor/lib/deep' })))).toEqual(['deep'])
  })
  test('relative addresses, submodules of submodules, links between them', async () => {
    const inner = await create()
    const innermost = await inner.commit({ 'inner.yaml': configMap('inner') }, 'one')
    const middle = await create()
    const second = await commitWith(
      middle,
      { 'middle.yaml': configMap('middle'), '.gitmodules': gitmodules('in', `../${inner.name.split('/')[1]}.git`) },
      { in: innermost },
    )
    const app = await create()
    await app.commit({ 'base.yaml': configMap('base') }, 'base')
    await commitWith(
      app,
      { '.gitmodules': gitmodules('mid', `../../sub/${middle.name.split('/')[1]}.git`) },
      { mid: second },
    )
    expect(namesOf(await render(bench.source, recursive(app.url))).sort()).toEqual(['base', 'inner', 'middle'])
    expect(namesOf(await render(bench.source, definition(app.url, { path: 'mid/in' })))).toEqual(['inner'])
  })
  test('a new commit of the submodule is rendered when the tree names it', async () => {
    const library = await create()
    const first = await library.commit({ 'lib.yaml': configMap('lib', '1') }, 'one')
    const app = await create()
    await commitWith(app, { '.gitmodules': gitmodules('lib', library.url) }, { lib: first })
    expect(namesOf(await render(bench.source, recursive(app.url)))).toEqual(['lib'])
    const second = await library.commit({ 'lib.yaml': configMap('other', '2') }, 'two')
    await commitWith(app, {}, { lib: second })
    expect(namesOf(await render(bench.source, recursive(app.url)))).toEqual(['other'])
  })
  test('are not asked for when nothing below them is read', async () => {
    const app = await create()
    await commitWith(
      app,
      { 'a.yaml': configMap('a'), '.gitmodules': gitmodules('gone', `${bench.git.url}/sub/nowhere.git`) },
      { gone: 'd'.repeat(40) },
    )
    expect(namesOf(await render(bench.source, definition(app.url)))).toEqual(['a'])
    expect(await problemOf(render(bench.source, recursive(app.url)))).toMatchObject({
      message: expect.stringContaining('submodule gone'),
    })
  })
  test('a commit that the repository does not have is HF1002 and names the submodule', async () => {
    const library = await create()
    await library.commit({ 'lib.yaml': configMap('lib') }, 'one')
    const app = await create()
    await commitWith(app, { '.gitmodules': gitmodules('lib', library.url) }, { lib: 'd'.repeat(40) })
    const { code, message, subject } = await problemOf(render(bench.source, recursive(app.url)))
    expect([code, subject.repository, subject.file]).toEqual(['HF1002', app.url, '.gitmodules'])
    expect(message).toContain('submodule lib')
  })
  test('that are switched off are named where a link leads into one', async () => {
    const library = await create()
    const first = await library.commit({ 'lib.yaml': configMap('lib') }, 'one')
    const app = await create()
    await app.commit(
      { 'app/b.yaml': { symlink: '../lib/lib.yaml' }, 'app/README.md': { symlink: '../lib/x' } },
      'links',
    )
    await commitWith(
      app,
      { 'app/a.yaml': configMap('a'), '.gitmodules': gitmodules('lib', library.url) },
      { lib: first },
    )
    const off = bench.restart({ env: { ARGOCD_GIT_MODULES_ENABLED: 'false' } })
    const { problems } = await render(off, definition(app.url, { path: 'app' }))
    expect(problems.map(({ code, subject }) => [code, subject.file])).toEqual([['HF1013', 'app/b.yaml']])
  })
  test('are left out where they are switched off', async () => {
    const library = await create()
    const first = await library.commit({ 'lib.yaml': configMap('lib') }, 'one')
    const app = await create()
    await commitWith(app, { 'a.yaml': configMap('a'), '.gitmodules': gitmodules('lib', library.url) }, { lib: first })
    const off = bench.restart({ env: { ARGOCD_GIT_MODULES_ENABLED: 'false' } })
    expect(namesOf(await render(off, definition(app.url)))).toEqual(['a'])
    expect((await problemOf(render(off, definition(app.url, { path: 'lib' })))).code).toBe('HF1013')
  })
  test('the last change of their files is that of their own history', async () => {
    const library = await create()
    const first = await library.commit({ 'x/lib.yaml': configMap('lib') }, 'Write the library')
    const second = await library.commit({ 'other.yaml': configMap('other') }, 'Something else')
    const app = await create()
    await commitWith(app, { 'a.yaml': configMap('a'), '.gitmodules': gitmodules('lib', library.url) }, { lib: second })
    const source = recursive(app.url)
    const { revision } = await bench.source.resolve(source, RESOLVE)
    await bench.source.render(requestFor(source, revision))
    const change = await bench.source.lastChange({ source, revision }, ['lib/x/lib.yaml'])
    expect(change).toMatchObject({ commit: first, subject: 'Write the library' })
    expect(await bench.source.lastChange({ source, revision }, ['a.yaml'])).toMatchObject({ subject: 'files' })
    // Of several the last one, wherever it lies.
    expect(await bench.source.lastChange({ source, revision }, ['lib/other.yaml', 'lib/x/lib.yaml'])).toMatchObject({
      commit: second,
      file: 'lib/other.yaml',
    })
  })
})

describe('what a submodule may not be', () => {
  test.each([
    ['ext::sh -c id', 'HF2001'],
    ['ext::id', 'HF1013'],
    ['--upload-pack=touch', 'HF2001'],
    ['-u./payload', 'HF2001'],
    ['/etc', 'HF2001'],
    ['file:///etc', 'HF2003'],
    ['../../../../../etc', 'HF2001'],
    ['https://169.254.169.254/latest', 'HF2003'],
    ['ssh://-oProxyCommand=x/y', 'HF2001'],
    ['', 'HF2001'],
  ])('url %j is refused as %s', async (url, code) => {
    const app = await create()
    await commitWith(app, { 'a.yaml': configMap('a'), '.gitmodules': gitmodules('lib', url) }, { lib: 'd'.repeat(40) })
    const refused = await problemOf(render(bench.source, recursive(app.url)))
    expect([refused.code, refused.subject.repository]).toEqual([code, app.url])
  })
  test.each([
    ['../outside', 'lib'],
    ['/absolute', 'lib'],
    ['.git/hooks', 'lib'],
    ['a/.GIT/b', 'lib'],
    ['-u', 'lib'],
    ['a/../../b', 'lib'],
    ['lib', '../../modules'],
    ['lib', 'a/..'],
  ])('path %j and name %j are refused', async (path, name) => {
    const app = await create()
    await app.commit({ 'a.yaml': configMap('a'), '.gitmodules': gitmodules(path, '../x.git', name) }, 'hostile')
    const refused = await problemOf(render(bench.source, definition(app.url)))
    expect([refused.code, refused.subject.file]).toEqual(['HF1006', '.gitmodules'])
  })
  test('a .gitmodules that git cannot read is HF1003', async () => {
    const app = await create()
    await app.commit({ 'a.yaml': configMap('a'), '.gitmodules': '[submodule "x\n' }, 'broken')
    expect(await problemOf(render(bench.source, definition(app.url)))).toMatchObject({
      code: 'HF1003',
      subject: { file: '.gitmodules' },
    })
  })
  test('nothing outside the project’s sourceRepos', async () => {
    const library = await create()
    const first = await library.commit({ 'lib.yaml': configMap('lib') }, 'one')
    const app = await create()
    const revision = await commitWith(app, { '.gitmodules': gitmodules('lib', library.url) }, { lib: first })
    const wanted = recursive(app.url)
    await bench.source.resolve(wanted, RESOLVE)
    const only = bench.source.render(requestFor(wanted, revision, { sourceRepos: [app.url] }))
    expect(await problemOf(only)).toMatchObject({ code: 'HF2003', message: expect.stringContaining('sourceRepos') })
    const both = await bench.source.render(requestFor(wanted, revision, { sourceRepos: [app.url, library.url] }))
    expect(namesOf(both)).toEqual(['lib'])
  })
  test('deeper than eight', async () => {
    let inner = await create()
    let commit = await inner.commit({ 'x.yaml': configMap('x') }, 'one')
    for (let level = 0; level < 9; level += 1) {
      const outer = await create()
      commit = await commitWith(outer, { '.gitmodules': gitmodules('in', inner.url) }, { in: commit })
      inner = outer
    }
    expect((await problemOf(render(bench.source, recursive(inner.url)))).code).toBe('HF1010')
  }, 60_000)
})

test('what opens the parent opens submodules on the same host, and is sent to no other', async () => {
  const other = await startGitServer()
  try {
    const library = await create()
    const first = await library.commit({ 'lib.yaml': configMap('lib') }, 'one')
    const foreign = await other.createRepository('foreign')
    const second = await foreign.commit({ 'foreign.yaml': configMap('foreign') }, 'one')
    const app = await create()
    await commitWith(
      app,
      { '.gitmodules': gitmodules('lib', library.url) + gitmodules('foreign', foreign.url) },
      { lib: first, foreign: second },
    )
    const credentials = { username: 'bot', password: 's3cret' }
    bench.git.requireCredentials(credentials)
    other.requireCredentials(credentials)
    const source = bench.restart()
    source.configure(settingsOf([accessOf(app.url, credentials)]))
    expect(namesOf(await render(source, definition(app.url, { path: 'lib' })))).toEqual(['lib'])
    expect((await problemOf(render(source, definition(app.url, { path: 'foreign' })))).code).toBe('HF1005')
  } finally {
    bench.git.requireCredentials(undefined)
    await other.stop()
  }
})

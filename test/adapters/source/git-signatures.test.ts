import { execFileSync } from 'node:child_process'
import { mkdir, readFile, symlink } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Problem } from '../../../src/core/problem/index.ts'
import { runGit } from '../../../tools/git-repository.mjs'
import { run } from '../../../tools/progress.mjs'
import { makeSigner, type Signer, signingAvailable } from '../../kit/signing.ts'
import { settingsOf } from './support/access.ts'
import {
  type Bench,
  configMap,
  definition,
  problemOf,
  RESOLVE,
  startBench,
  type TestRepository,
} from './support/bench.ts'

const available = await signingAvailable('signatures that a project demands')

describe.skipIf(!available)('signatures that a project demands', () => {
  let bench: Bench
  let ann: Signer
  let eve: Signer
  let old: Signer
  let repo: TestRepository
  let plain = ''
  let signed = ''
  beforeAll(async () => {
    bench = await startBench({ failureMs: 0 })
    ;[ann, eve, old] = await Promise.all([
      makeSigner({ name: 'Ann' }),
      makeSigner({ name: 'Eve' }),
      makeSigner({ life: 'expired' }),
    ])
    repo = await bench.git.createRepository('signed/app')
    plain = await repo.commit({ 'a.yaml': configMap('a') }, 'unsigned')
    signed = await ann.signCommit(repo.path, { message: 'by Ann' })
    bench.source.configure(settingsOf([], { gpgKeys: { [ann.keyId]: ann.publicKey, [old.keyId]: old.publicKey } }))
  }, 60_000)
  afterAll(async () => {
    await Promise.all([ann, eve, old].map((signer) => signer?.dispose()))
    await bench.end()
  })

  const resolve = async (targetRevision: string, signedBy: readonly string[] | null): Promise<string> =>
    (await bench.source.resolve(definition(repo.url, { targetRevision }), { ...RESOLVE, signedBy })).revision
  const refusal = (targetRevision: string, signedBy: readonly string[]): Promise<Problem> =>
    problemOf(resolve(targetRevision, signedBy))

  test('nothing is asked where the project asks for nothing', async () => {
    expect(await resolve(plain, null)).toBe(plain)
  })
  test('a commit by an accepted key passes, by its long, short and full id', async () => {
    for (const id of [ann.keyId, ann.keyId.slice(-8), ann.fingerprint, ann.keyId.toLowerCase(), `0x${ann.keyId}`])
      expect(await resolve(signed, [eve.keyId, id])).toBe(signed)
  })
  test('an unsigned commit is refused, and the keys that would do are named', async () => {
    expect(await refusal(plain, [ann.keyId])).toMatchObject({
      code: 'HF1015',
      message: `commit ${plain} of ${repo.url} is not signed`,
      action: expect.stringContaining(ann.keyId),
      subject: { repository: repo.url, revision: plain },
    })
  })
  test('a key that the project does not accept, though it is known', async () => {
    const { code, message } = await refusal(signed, [eve.keyId])
    expect([code, message]).toEqual([
      'HF1015',
      expect.stringContaining(`by key ${ann.keyId}, which the project does not`),
    ])
  })
  test('a list without a usable id accepts nothing', async () => {
    for (const ids of [[], [''], ['A'], ['zzzzzzzz']]) expect((await refusal(signed, ids)).code).toBe('HF1015')
  })
  test('a key that argocd-gpg-keys-cm does not hold', async () => {
    const commit = await eve.signCommit(repo.path, { message: 'by Eve', branch: 'main' })
    const { code, message } = await refusal(commit, [eve.keyId])
    expect([code, message]).toEqual(['HF1015', expect.stringContaining('which is not in argocd-gpg-keys-cm')])
  })
  test('a key that has expired', async () => {
    const commit = await old.signCommit(repo.path, { message: 'too late' })
    const { code, message } = await refusal(commit, [old.keyId])
    expect([code, message]).toEqual(['HF1015', expect.stringContaining('which has expired')])
  })
  test('a commit that was changed after it was signed', async () => {
    const text = await repo.git('cat-file', 'commit', signed)
    const forged = await runGit(
      repo.path,
      ['hash-object', '-t', 'commit', '-w', '--stdin'],
      Buffer.from(`${text.replace('by Ann', 'by Mallory')}\n`),
    )
    await repo.git('update-ref', 'refs/heads/forged', forged)
    const { code, message } = await refusal('forged', [ann.keyId])
    expect([code, message]).toEqual(['HF1015', expect.stringContaining('bad signature')])
  })
  test('an annotated tag is held to its own signature, and named', async () => {
    await ann.signTag(repo.path, 'v1.0.0', plain)
    await repo.tag('v2.0.0', { revision: signed, message: 'unsigned tag' })
    await repo.tag('light', { revision: signed })
    expect(await resolve('v1.0.0', [ann.keyId])).toBe(plain)
    expect(await resolve('1.x', [ann.keyId])).toBe(plain)
    expect(await resolve('light', [ann.keyId])).toBe(signed)
    expect(await refusal('>=2.0.0', [ann.keyId])).toMatchObject({
      code: 'HF1015',
      message: expect.stringContaining(`tag v2.0.0 (commit ${signed})`),
    })
  })
  test('without gpg nothing passes, and gpg is asked for', async () => {
    const folder = `${bench.cacheDir}/only-git`
    await mkdir(folder)
    await symlink(execFileSync('which', ['git'], { encoding: 'utf8' }).trim(), `${folder}/git`)
    const source = bench.restart({ env: { PATH: folder } })
    source.configure(settingsOf([], { gpgKeys: { [ann.keyId]: ann.publicKey } }))
    const wanted = definition(repo.url, { targetRevision: signed })
    expect((await problemOf(source.resolve(wanted, { ...RESOLVE, signedBy: [ann.keyId] }))).code).toBe('HF1011')
  })
  test('a revoked key', async () => {
    const revocation = `${eve.home}/openpgp-revocs.d/${eve.fingerprint}.rev`
    const text = (await readFile(revocation, 'utf8')).replace(':-----BEGIN', '-----BEGIN')
    const commit = await eve.signCommit(repo.path, { message: 'later revoked' })
    await run('gpg', ['--homedir', eve.home, '--batch', '--import'], { input: Buffer.from(text) })
    const exported = await run('gpg', ['--homedir', eve.home, '--batch', '--armor', '--export', eve.fingerprint])
    const source = bench.restart()
    source.configure(settingsOf([], { gpgKeys: { [eve.keyId]: exported.stdout } }))
    const wanted = definition(repo.url, { targetRevision: commit })
    const { code, message } = await problemOf(source.resolve(wanted, { ...RESOLVE, signedBy: [eve.keyId] }))
    expect([code, message]).toEqual(['HF1015', expect.stringContaining('revoked')])
  })
})

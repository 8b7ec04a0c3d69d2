import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commitFiles, gitEnvironment, initRepository } from '../../tools/git-repository.mjs'
import { run } from '../../tools/progress.mjs'
import { makeSigner, type Signer, signingAvailable } from './signing.ts'

const available = await signingAvailable('signed commits')

describe.skipIf(!available)('keys that sign commits', () => {
  let directory = ''
  let first: Signer
  let expired: Signer
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-signing-'))
    await initRepository(directory)
    await commitFiles(directory, { a: '1\n' }, { message: 'unsigned' })
    first = await makeSigner({ name: 'Ann' })
    expired = await makeSigner({ life: 'expired' })
  })
  afterAll(async () => {
    await Promise.all([first, expired].map((signer) => signer?.dispose()))
    await rm(directory, { recursive: true, force: true })
  })

  /** The state of its signature as git tells it: G good, N none, E cannot be checked, X or Y expired. */
  async function stateOf(revision: string, home: string): Promise<string> {
    const env = { ...gitEnvironment(), GNUPGHOME: home }
    return (await run('git', ['-C', directory, 'log', '-1', '--format=%G? %GK', revision], { env })).stdout.trim()
  }

  it('make a commit that whoever has the public key can check, and nobody else', async () => {
    expect(await stateOf('main', first.home)).toBe('N')
    const commit = await first.signCommit(directory, { message: 'signed' })
    expect(await stateOf('main', first.home)).toMatch(new RegExp(`^[GU] ${first.keyId}$`))
    expect(await stateOf(commit, expired.home)).toMatch(/^E/)
    expect(first.publicKey).toMatch(/^-----BEGIN PGP PUBLIC KEY BLOCK-----/)
    expect(first.fingerprint.endsWith(first.keyId)).toBe(true)
  })

  it('may have run out since', async () => {
    const commit = await expired.signCommit(directory, { message: 'old' })
    expect(await stateOf(commit, expired.home)).toBe(`Y ${expired.keyId}`)
  })

  it('make a signed tag', async () => {
    await first.signTag(directory, 'v1')
    const env = { ...gitEnvironment(), GNUPGHOME: first.home }
    const { code, stderr } = await run('git', ['-C', directory, 'verify-tag', 'v1'], { env })
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('Good signature from "Ann') })
  })
})

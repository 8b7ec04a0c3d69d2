// Signed commits and tags: a throwaway key in a keyring of its own, used by the system's gpg and git.
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startGuarded } from '../../tools/guarded-process.mjs'
import { gitEnvironment } from '../../tools/git-repository.mjs'
import { run } from '../../tools/progress.mjs'
import { createScratch, removeScratch } from '../../tools/scratch.mjs'

export interface SignCommitOptions {
  readonly message: string
  /** Default `main`. The new commit has the branch's files, or those of `tree`. */
  readonly branch?: string
  readonly tree?: string
}

export interface Signer {
  /** 16 hexadecimal digits, upper case: what Argo CD calls the key's ID. */
  readonly keyId: string
  /** 40 hexadecimal digits. */
  readonly fingerprint: string
  readonly publicKey: string
  /** Its keyring: GNUPGHOME. */
  readonly home: string
  /** Puts a signed commit on top of a branch of a bare repository and returns its id. */
  signCommit(repository: string, options: SignCommitOptions): Promise<string>
  /** A signed tag on a branch, tag or commit. */
  signTag(repository: string, tag: string, revision?: string): Promise<void>
  dispose(): Promise<void>
}

export interface SignerOptions {
  readonly name?: string
  readonly email?: string
  /** The key was made two days ago and ran out yesterday; what it signs is dated within its life. */
  readonly life?: 'expired'
}

/** Whether signing works here; says loudly once what is skipped when it does not. With `CI=true` that is an error. */
export async function signingAvailable(suite: string): Promise<boolean> {
  const [gpg, agent] = await Promise.all([run('gpg', ['--version']), run('gpg-agent', ['--version'])])
  if (gpg.code === 0 && agent.code === 0) return true
  const message = `${suite}: gpg and gpg-agent are not on PATH`
  if (process.env['CI'] === 'true') throw new Error(message)
  console.error(`SKIPPED: ${message}`)
  return false
}

const DAY_S = 86_400

/** A fresh ed25519 key without a passphrase. */
export async function makeSigner(options: SignerOptions = {}): Promise<Signer> {
  const { name = 'Holdfast Signer', email = 'signer@holdfast.invalid', life } = options
  const home = await createScratch('holdfast-gpg')
  const past = life === 'expired' ? ['--faked-system-time', `${Math.floor(Date.now() / 1000) - 2 * DAY_S}!`] : []
  const agent = await startAgent(home, past)
  const env = { ...gitEnvironment(), GNUPGHOME: home }
  const gpg = (...args: string[]) => must('gpg', ['--batch', '--no-tty', ...past, ...args], { env })
  const expiry = life === 'expired' ? '1d' : 'never'
  await gpg('--passphrase', '', '--quick-generate-key', `${name} <${email}>`, 'ed25519', 'sign', expiry)
  const listing = await gpg('--with-colons', '--list-keys')
  const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(listing)?.[1] ?? ''
  const publicKey = await gpg('--armor', '--export', fingerprint)
  const program = join(home, 'sign')
  const git = (repository: string, ...args: string[]) =>
    must('git', ['-C', repository, '-c', `gpg.program=${program}`, '-c', `user.signingkey=${fingerprint}`, ...args], {
      env: {
        ...env,
        GIT_AUTHOR_NAME: name,
        GIT_AUTHOR_EMAIL: email,
        GIT_COMMITTER_NAME: name,
        GIT_COMMITTER_EMAIL: email,
      },
    })
  await writeProgram(program, past)
  return {
    ...{ fingerprint, publicKey, home, keyId: fingerprint.slice(-16) },
    signCommit: async (repository, { message, branch = 'main', tree = `refs/heads/${branch}^{tree}` }) => {
      const ref = `refs/heads/${branch}`
      const commit = await git(repository, 'commit-tree', '-S', '-p', ref, '-m', message, tree)
      await git(repository, 'update-ref', ref, commit)
      return commit
    },
    signTag: async (repository, tag, revision = 'HEAD') => {
      await git(repository, 'tag', '--sign', '--force', '--message', tag, tag, revision)
    },
    dispose: async () => {
      await run('gpgconf', ['--homedir', home, '--kill', 'gpg-agent'])
      await agent.kill()
      await removeScratch(home)
    },
  }
}

/**
 * gpg starts an agent that would outlive a crash of the test; one that is there already it uses. An agent that was given
 * a program to run looks every few seconds whether that lives, and ends with it.
 */
async function startAgent(home: string, past: readonly string[]): Promise<ReturnType<typeof startGuarded>> {
  const agent = startGuarded({
    ...{ name: 'gpg-agent', program: 'gpg-agent', logFile: join(home, 'agent.log') },
    args: ['--homedir', home, ...past.map((each) => each.replace('!', '')), '--daemon', 'sleep', '86400'],
  })
  for (;;) {
    const { code } = await run('gpg-connect-agent', ['--homedir', home, '--no-autostart', '/bye'])
    if (code === 0) return agent
    if (agent.ended()) throw new Error(`gpg-agent ${agent.ended()}`)
    await sleep(20)
  }
}

/** git takes a program's name without arguments. */
async function writeProgram(path: string, args: readonly string[]): Promise<void> {
  await writeFile(path, `#!/bin/sh\nexec gpg --batch --no-tty ${args.join(' ')} "$@"\n`)
  await chmod(path, 0o755)
}

async function must(program: string, args: readonly string[], options: { env: NodeJS.ProcessEnv }): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, options)
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${stderr.trim()}`)
  return stdout.trim()
}

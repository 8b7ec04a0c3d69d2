// Whether a commit or tag carries a good signature by a key that the project accepts.
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HoldfastError, problem } from '../../../core/problem/index.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { Environment } from '../environment.ts'
import type { SourceLimits } from '../limits.ts'
import { type Finished, run } from '../process.ts'
import { gitEnvironment } from './environment.ts'
import type { Meaning, Repository } from './repository.ts'

export interface SignatureOptions {
  readonly env: Environment
  readonly limits: SourceLimits
  readonly clock: Clock
  /** Armored public keys. */
  readonly keys: () => Readonly<Record<string, string>>
}

/** `keys`: fingerprints of the key that signed and of the one that it belongs to; [] unless good. */
interface Verdict {
  readonly keys: readonly string[]
  /** How the signature is, when it is not good. */
  readonly flaw: string
}

interface Kept {
  readonly verdict: Promise<Verdict>
  readonly until: number
}

/** Keys expire: what was good does not stay so forever. */
const KEPT_MS = 5 * 60_000
const KEPT = 5_000
const OUTPUT_BYTES = 1024 * 1024

/** Only OpenPGP signatures, by the keyring made for it, whatever the user's own configuration says. */
const CONFIG: readonly (readonly [string, string])[] = [
  ['gpg.program', 'gpg'],
  ['gpg.openpgp.program', 'gpg'],
  ['gpg.x509.program', '/dev/null/none'],
  ['gpg.ssh.program', '/dev/null/none'],
  ['gpg.minTrustLevel', 'undefined'],
]

const FLAWS: readonly (readonly [RegExp, (key: string) => string])[] = [
  [/^\[GNUPG:\] BADSIG (\S+)/m, (key) => `has a bad signature (key ${key}): it was changed after it was signed`],
  [/^\[GNUPG:\] REVKEYSIG (\S+)/m, (key) => `is signed by key ${key}, which was revoked`],
  [/^\[GNUPG:\] EXPKEYSIG (\S+)/m, (key) => `is signed by key ${key}, which has expired`],
  [/^\[GNUPG:\] EXPSIG (\S+)/m, (key) => `has a signature that has expired (key ${key})`],
  [/^\[GNUPG:\] NO_PUBKEY (\S+)/m, (key) => `is signed by key ${key}, which is not in argocd-gpg-keys-cm`],
  [/^\[GNUPG:\] ERRSIG (\S+)/m, (key) => `has a signature that cannot be checked (key ${key})`],
]

function verdictOf(finished: Finished): Verdict {
  const said = finished.stderr
  for (const [pattern, tell] of FLAWS) {
    const key = pattern.exec(said)?.[1]
    if (key !== undefined) return { keys: [], flaw: tell(key) }
  }
  const valid = /^\[GNUPG:\] VALIDSIG ([0-9A-F]{40,64})(?: \S+)*? ([0-9A-F]{40,64})$/m.exec(said)
  if (finished.exitCode === 0 && valid !== null && /^\[GNUPG:\] GOODSIG /m.test(said))
    return { keys: [valid[1] ?? '', valid[2] ?? ''], flaw: '' }
  if (/none'?:|ssh|gpgsm/i.test(said)) return { keys: [], flaw: 'is not signed with GPG' }
  return { keys: [], flaw: 'is not signed' }
}

/** Long and short key ids and fingerprints, as `signatureKeys` of an AppProject names them. */
function isAccepted(fingerprints: readonly string[], ids: readonly string[]): boolean {
  const wanted = ids.map((id) => id.replace(/^0x/i, '').toUpperCase()).filter((id) => /^[0-9A-F]{8,64}$/.test(id))
  return fingerprints.some((fingerprint) => wanted.some((id) => fingerprint.endsWith(id)))
}

export class Signatures {
  readonly #options: SignatureOptions
  readonly #kept = new Map<string, Kept>()

  constructor(options: SignatureOptions) {
    this.#options = options
  }

  /**
   * An annotated tag is held to its own signature, everything else to the commit's. Throws HF1015 when none of the keys
   * has signed, HF1011 without gpg.
   */
  async check(repository: Repository, meaning: Meaning, signedBy: readonly string[]): Promise<void> {
    const { commit, tag, ref } = meaning
    const verdict = await this.#verdict(repository, tag === '' ? commit : tag)
    const { url } = repository.address
    const what = tag === '' ? `commit ${commit}` : `tag ${ref.replace(/^refs\/tags\//, '')} (commit ${commit})`
    const refuse = (why: string): HoldfastError => {
      const action = `Sign it with one of the keys that the project accepts (${signedBy.join(', ')}).`
      return new HoldfastError(
        problem('HF1015', `${what} of ${url} ${why}`, { repository: url, revision: commit }, action),
      )
    }
    if (verdict.flaw !== '') throw refuse(verdict.flaw)
    if (!isAccepted(verdict.keys, signedBy))
      throw refuse(`is signed by key ${verdict.keys[0]?.slice(-16)}, which the project does not accept`)
  }

  #verdict(repository: Repository, object: string): Promise<Verdict> {
    const now = this.#options.clock.now()
    const keys = Object.values(this.#options.keys()).join('\n')
    const key = `${object} ${createHash('sha256').update(keys).digest('hex')}`
    const kept = this.#kept.get(key)
    if (kept !== undefined && kept.until > now) return kept.verdict
    const verdict = this.#verify(repository, object, keys)
    this.#kept.set(key, { verdict, until: now + KEPT_MS })
    verdict.catch(() => this.#kept.delete(key))
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > KEPT && oldest !== undefined) this.#kept.delete(oldest)
    return verdict
  }

  async #verify(repository: Repository, object: string, keys: string): Promise<Verdict> {
    const { env, limits } = this.#options
    const home = await mkdtemp(join(env['TMPDIR'] ?? tmpdir(), 'holdfast-keys-'))
    const bounds = { timeoutMs: limits.readMs, maxOutputBytes: OUTPUT_BYTES }
    const gitEnv = { ...gitEnvironment(env, CONFIG), GNUPGHOME: home }
    try {
      const words = ['--homedir', home, '--batch', '--no-tty', '--no-autostart', '--quiet', '--import']
      const imported = await run({ file: 'gpg', args: words, env: gitEnv, input: `${keys}\n`, ...bounds })
      if (imported.outcome === 'missing') throw missing()
      const command = (await repository.object(object))?.type === 'tag' ? 'verify-tag' : 'verify-commit'
      const { file, args } = repository.command([command, '--raw', object])
      const finished = await run({ file, args, env: gitEnv, ...bounds })
      if (finished.outcome !== 'exited') throw new Error(`git ${command} did not end`)
      return verdictOf(finished)
    } finally {
      await rm(home, { recursive: true, force: true, maxRetries: 3 })
    }
  }
}

function missing(): HoldfastError {
  const message = 'the project asks for signed commits, and gpg is not installed or not on the PATH'
  return new HoldfastError(problem('HF1011', message, {}, 'Install GnuPG.'))
}

// What git and ssh say → whose fault it is and what to do.
import { HoldfastError, problem, type ProblemCode } from '../../../core/problem/index.ts'
import type { SourceLimits } from '../limits.ts'
import type { Finished } from '../process.ts'

export interface FailureContext {
  /** Without credentials. */
  readonly url: string
  /** The Secret that says how to reach it; '' = there is none. */
  readonly from: string
  readonly limits: SourceLimits
  /** Replaced in messages: pairs of a path of this machine and what to call it. */
  readonly places: readonly (readonly [string, string])[]
}

interface Reading {
  readonly code: ProblemCode
  readonly reason: string
  readonly action?: string
}

/** The first that fits holds; `says` completes what git says. */
const KNOWN: readonly {
  readonly pattern: RegExp
  readonly code: ProblemCode
  readonly says?: (finished: Finished) => string
  readonly action: (context: FailureContext) => string
}[] = [
  {
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for .* has changed/,
    code: 'HF1005',
    says: () =>
      'the host shows another host key than the one that is known: it was renewed, or somebody sits in between',
    action: () => 'Ask who runs the host. Only if the key was renewed, replace its lines in argocd-ssh-known-hosts-cm.',
  },
  {
    pattern: /Host key verification failed|No .* host key is known/,
    code: 'HF1005',
    says: () => 'the host’s key is not known',
    action: ({ url }) =>
      `Add the line that ssh-keyscan prints for ${hostOf(url)} to argocd-ssh-known-hosts-cm, after comparing its fingerprint.`,
  },
  {
    pattern: /Load key .*(invalid format|error in libcrypto)/,
    code: 'HF1005',
    says: () => 'the ssh key cannot be read',
    action: ({ from }) =>
      `Put an OpenSSH or PEM private key without a passphrase into sshPrivateKey of ${named(from)}.`,
  },
  {
    pattern: /connect-proxy: (not found|command not found)|connect-proxy: No such file/,
    code: 'HF1011',
    says: () => 'ssh goes through a proxy, and connect-proxy is not installed',
    action: () => 'Install connect-proxy.',
  },
  {
    pattern: /Permission denied \(|Too many authentication failures/,
    code: 'HF1005',
    action: ({ from }) =>
      from === ''
        ? 'Add a repository Secret with an sshPrivateKey that the host knows.'
        : `Add the public key of ${from} to the repository’s deploy keys.`,
  },
  {
    pattern:
      /could not read (Username|Password)|terminal prompts disabled|Authentication failed|returned error: (401|403|407)|Access denied/,
    code: 'HF1005',
    action: ({ from, url }) =>
      from === ''
        ? `No credentials are known for ${url}: add a repository Secret for it.`
        : `Check the credentials in ${from}: they were refused.`,
  },
  {
    pattern:
      /certificate verif|certificate problem|unable to get local issuer|self.signed certificate|CAfile|signer not found/i,
    code: 'HF1001',
    action: ({ url }) => `Add the authority of the host’s certificate to argocd-tls-certs-cm under ${hostOf(url)}.`,
  },
  {
    pattern: /ssh: not found|cannot run ssh|error: cannot run .*ssh/,
    code: 'HF1011',
    says: () => 'ssh is not installed or not on the PATH',
    action: () => 'Install OpenSSH’s client.',
  },
]

function named(from: string): string {
  return from === '' ? 'the repository Secret' : from
}

function hostOf(url: string): string {
  if (URL.canParse(url) && url.includes('://')) return new URL(url).hostname
  return url.slice(url.indexOf('@') + 1).split(':')[0] ?? url
}

/** Whether the remote refused to serve, rather than the mirror being broken. */
export function isRefusal(finished: Finished): boolean {
  return KNOWN.some(({ pattern }) => pattern.test(finished.stderr))
}

export function gitMessage(finished: Finished): string {
  const lines = finished.stderr.split('\n').filter((line) => /^(fatal|error|remote|ssh|warning):? /.test(line))
  const helpful = lines.filter((one) => !/Could not read from remote repository|access rights/.test(one))
  const line = helpful.find((one) => one.startsWith('fatal')) ?? helpful[0] ?? lines[0]
  return (line ?? `git ended with ${finished.exitCode}`)
    .replace(/^fatal: /, '')
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^/@\s']*@/gi, '$1')
    .slice(0, 400)
}

function ofExited(finished: Finished, context: FailureContext): Reading {
  const known = KNOWN.find(({ pattern }) => pattern.test(finished.stderr))
  if (known === undefined) return { code: 'HF1001', reason: gitMessage(finished) }
  const denied = /^.*Permission denied \([^)]*\)/m.exec(finished.stderr)?.[0]
  const reason = known.says?.(finished) ?? denied ?? gitMessage(finished)
  return { code: known.code, reason, action: known.action(context) }
}

function read(finished: Finished, context: FailureContext): Reading {
  const { limits } = context
  switch (finished.outcome) {
    case 'missing':
      return { code: 'HF1011', reason: 'git is not installed or not on the PATH' }
    case 'timeout':
      return { code: 'HF1001', reason: 'no answer in time; it was given up' }
    case 'aborted':
      return { code: 'HF1001', reason: 'the fetch was cancelled' }
    case 'output-limit':
      return { code: 'HF1010', reason: `git printed more than ${limits.outputBytes} bytes` }
    case 'exited':
      return ofExited(finished, context)
    default:
      return finished.outcome satisfies never
  }
}

/** A git command that failed, as a problem that names the repository. */
export function failureOf(finished: Finished, context: FailureContext): HoldfastError {
  const { code, reason, action } = read(finished, context)
  const said = context.places.reduce((text, [place, name]) => text.replaceAll(place, name), reason)
  return new HoldfastError(problem(code, `${context.url}: ${said}`, { repository: context.url }, action))
}

// What keeps a render tool from the network, from other processes and from more of the machine than is its due.
import { release } from 'node:os'
import type { Log } from '../../../ports/log.ts'
import type { SourceLimits } from '../limits.ts'
import { run } from '../process.ts'
import type { ToolFinder } from './tools.ts'

/** What is in force on this machine. */
export interface Isolation {
  /** `namespace`: there is none; `proxies`: only programs that heed the proxy variables are kept from it. */
  readonly network: 'namespace' | 'proxies'
  /** `namespace`: a tool sees no other process, and everything it started ends with it; `group`: unless it left its group. */
  readonly processes: 'namespace' | 'group'
  /** Limits set by the kernel for each process; else only those that are watched. */
  readonly limits: 'kernel' | 'watched'
}

export interface Confinement {
  readonly network: boolean
  readonly timeoutMs: number
}

interface Means {
  readonly isolation: Isolation
  readonly unshare: string | null
  readonly flags: readonly string[]
  readonly prlimit: string | null
}

const PROCESSES = ['--pid', '--fork', '--kill-child']
const USER = ['--user', '--map-root-user']
const NETWORK = '--net'
/** The best first. As root without user namespaces the last but one can work. */
const CANDIDATES: readonly (readonly string[])[] = [
  [...USER, NETWORK, ...PROCESSES, '--mount-proc'],
  [...USER, NETWORK, ...PROCESSES],
  [...USER, NETWORK],
  [NETWORK, ...PROCESSES],
  [NETWORK],
]
const PROBE_MS = 5_000
/** Before, the kernel counted the processes of a user everywhere, so that a limit would have hit the innocent. */
const COUNTS_BY_NAMESPACE = [5, 14] as const

function countsByNamespace(kernel: string): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map((part) => Number.parseInt(part, 10))
  const [wanted, atLeast] = COUNTS_BY_NAMESPACE
  return major > wanted || (major === wanted && minor >= atLeast)
}

export function describeIsolation({ network, processes, limits }: Isolation): string {
  return [
    network === 'namespace' ? 'no network' : 'network kept off by proxy variables only',
    processes === 'namespace' ? 'own processes' : 'own process group',
    limits === 'kernel' ? 'kernel limits' : 'watched limits',
  ].join(', ')
}

export class Sandbox {
  readonly #tools: Pick<ToolFinder, 'helper'>
  readonly #limits: SourceLimits
  readonly #log: Log | null
  #means: Promise<Means> | null = null

  constructor(options: { tools: Pick<ToolFinder, 'helper'>; limits: SourceLimits; log?: Log }) {
    this.#tools = options.tools
    this.#limits = options.limits
    this.#log = options.log ?? null
  }

  /** Found out once, by trying. */
  async isolation(): Promise<Isolation> {
    return (await this.#known()).isolation
  }

  /** The command line that runs `command` confined. */
  async confine(command: readonly string[], confinement: Confinement): Promise<readonly string[]> {
    const { unshare, flags, prlimit } = await this.#known()
    const wanted = confinement.network ? flags.filter((flag) => flag !== NETWORK) : flags
    const isUser = wanted.includes('--user')
    return [
      ...(unshare === null || wanted.length === 0 ? [] : [unshare, ...wanted, '--']),
      // Inside the namespaces: the limit of processes counts those of the namespace alone.
      ...(prlimit === null ? [] : [prlimit, ...this.#limitFlags(confinement, isUser ? 'apart' : 'shared'), '--']),
      ...command,
    ]
  }

  #limitFlags({ timeoutMs }: Confinement, processes: 'apart' | 'shared'): string[] {
    const { toolMemoryBytes, toolProcesses, renderBytes } = this.#limits
    return [
      // Not the address space: programs in Go reserve far more of it than they use.
      `--data=${toolMemoryBytes}`,
      `--fsize=${renderBytes}`,
      // A tool that outlives Holdfast ends all the same.
      `--cpu=${Math.ceil(timeoutMs / 1_000) * 4}`,
      '--nofile=4096',
      '--core=0',
      ...(processes === 'apart' && countsByNamespace(release()) ? [`--nproc=${toolProcesses}`] : []),
    ]
  }

  #known(): Promise<Means> {
    this.#means ??= this.#find()
    return this.#means
  }

  async #find(): Promise<Means> {
    const [unshare, prlimit] = await Promise.all([this.#tools.helper('unshare'), this.#tools.helper('prlimit')])
    const flags = unshare === null ? [] : await firstThatWorks(unshare)
    const isolation: Isolation = {
      network: flags.includes(NETWORK) ? 'namespace' : 'proxies',
      processes: flags.includes('--pid') ? 'namespace' : 'group',
      limits: prlimit === null ? 'watched' : 'kernel',
    }
    const fields = { ...isolation }
    if (isolation.network === 'namespace') this.#log?.info(fields, 'render tools run without network')
    else this.#log?.warn(fields, 'render tools cannot be cut off from the network here: no namespaces may be made')
    return { isolation, unshare, flags, prlimit }
  }
}

async function firstThatWorks(unshare: string): Promise<readonly string[]> {
  for (const flags of CANDIDATES) {
    const { outcome, exitCode } = await run({
      file: unshare,
      args: [...flags, '--', unshare, '--version'],
      env: {},
      timeoutMs: PROBE_MS,
      maxOutputBytes: 4_096,
    })
    if (outcome === 'exited' && exitCode === 0) return flags
  }
  return []
}

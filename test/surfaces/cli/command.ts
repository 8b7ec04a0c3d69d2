// Runs one command line in this process.
import { Readable } from 'node:stream'
import type { CliIo } from '../../../src/surfaces/cli/io.ts'
import { runProgram } from '../../../src/surfaces/cli/program.ts'
import { cliServices } from '../../../src/main/services.ts'
import { systemClock } from '../../../src/adapters/system-clock/index.ts'

export interface Said {
  readonly out: string
  readonly err: string
  readonly exit: number
}

export interface CommandOptions {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin?: string
  /** Epoch ms; default now. */
  readonly now?: number
}

export async function command(args: readonly string[], options: CommandOptions): Promise<Said> {
  const said = { out: '', err: '', exit: 0 }
  const io: CliIo = {
    out: (text) => {
      said.out += text
    },
    err: (text) => {
      said.err += text
    },
    exit: (code) => {
      said.exit = code
    },
    stdin: () => Promise.resolve(options.stdin ?? ''),
    stdinBytes: () => Readable.from([Buffer.from(options.stdin ?? '')]),
    color: false,
    columns: null,
    cwd: options.cwd,
  }
  const { now } = options
  const clock = now === undefined ? systemClock : { ...systemClock, now: () => now }
  await runProgram(cliServices(io, options.env, clock), args)
  return said
}

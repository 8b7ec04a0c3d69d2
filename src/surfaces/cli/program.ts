// The command line as a whole.
import { Command, CommanderError } from 'commander'
import { HoldfastError, toProblem } from '../../core/problem/index.ts'
import { describeProblem } from '../../core/record/index.ts'
import { addApp, type AppServices } from './app.ts'
import { addInstall, type InstallServices } from './install.ts'
import type { CliIo } from './io.ts'
import { lineText } from './present/index.ts'
import { addRun, type RunServices } from './run.ts'

export interface CliServices extends AppServices, InstallServices, RunServices {
  readonly io: CliIo
  readonly version: string
}

/** Exit code for a question that could not be answered, bad usage included. */
const UNANSWERED = 2

export function makeProgram(services: CliServices): Command {
  const { io } = services
  const program = new Command('holdfast')
    .description(
      'Keeps a Kubernetes cluster as Git declares it, and says what differs, who did it and why it believes so.',
    )
    .version(services.version, '-V, --version')
    .showHelpAfterError('(see --help)')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) })
  addRun(program, services)
  addApp(program, services)
  addInstall(program, services)
  program
    .command('version')
    .description('print the version')
    .action(() => io.out(`holdfast ${services.version}\n`))
  for (const command of [...program.commands, ...program.commands.flatMap((parent) => parent.commands)]) {
    command.exitOverride().configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) })
  }
  return program
}

/** Runs one command line; never throws. */
export async function runProgram(services: CliServices, args: readonly string[]): Promise<void> {
  const { io } = services
  try {
    await makeProgram(services).parseAsync([...args], { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) return io.exit(error.exitCode === 0 ? 0 : UNANSWERED)
    const known = error instanceof HoldfastError ? error.problem : toProblem(error, 'HF7004')
    io.err(`${lineText(describeProblem(known), 2_000)}\n`)
    io.exit(UNANSWERED)
  }
}

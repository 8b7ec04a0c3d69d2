// The command line as a whole.
import { Command, CommanderError } from 'commander'
import { type Problem, problem, toProblem } from '../../core/problem/index.ts'
import { addApp, type AppServices } from './app.ts'
import { addDiff } from './diff.ts'
import { addDrift, type DriftServices } from './drift.ts'
import { addExplain, type ExplainServices } from './explain.ts'
import { failureText } from './failure.ts'
import { addHealth, type HealthServices } from './health.ts'
import { addIgnores, type IgnoresServices } from './ignores.ts'
import { addInstall, type InstallServices } from './install.ts'
import { addRender, type RenderServices } from './render.ts'
import { addInventory, addOwners, addTakeover, type ResponsibilityServices } from './responsibility.ts'
import { addRun, type RunServices } from './run.ts'
import { addSetImage, type SetImageServices } from './set-image.ts'

export interface CliServices
  extends AppServices,
    DriftServices,
    HealthServices,
    IgnoresServices,
    InstallServices,
    RenderServices,
    RunServices,
    SetImageServices,
    ExplainServices,
    ResponsibilityServices {}

/** Exit code for a question that could not be answered, bad usage included. */
const UNANSWERED = 2

function allOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allOf)]
}

/** Errors are told once, by `runProgram`; only help and version are commander's own to print. */
function quiet(command: Command, services: CliServices): void {
  const { io } = services
  command.exitOverride().configureOutput({
    writeOut: (text) => io.out(text),
    writeErr: (text) => io.err(text),
    outputError: () => {},
  })
}

export function makeProgram(services: CliServices): Command {
  const program = new Command('holdfast')
    .description(
      'Keeps a Kubernetes cluster as Git declares it, and says what differs, who did it and why it believes so.',
    )
    .version(services.version, '-V, --version')
  addRun(program, services)
  addDiff(program, services, 'what differs between what is declared and what is live')
  addExplain(program, services)
  addDrift(program, services)
  addOwners(program, services)
  addInventory(program, services)
  addRender(program, services)
  addSetImage(program, services)
  addTakeover(addApp(program, services), services)
  addHealth(program, services)
  addIgnores(program, services)
  addInstall(program, services)
  program
    .command('version')
    .description('print the version')
    .action(() => services.io.out(`holdfast ${services.version}\n`))
  for (const command of allOf(program)) quiet(command, services)
  return program
}

function usageProblem(error: CommanderError): Problem {
  const said = error.message
    .replace(/^error: /, '')
    .replaceAll('\n', ' ')
    .trim()
  return problem('HF7002', said)
}

function told(error: unknown): Problem {
  return error instanceof CommanderError ? usageProblem(error) : toProblem(error, 'HF7004')
}

/** Runs one command line; never throws. */
export async function runProgram(services: CliServices, args: readonly string[]): Promise<void> {
  const { io } = services
  try {
    await makeProgram(services).parseAsync([...args], { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return io.exit(0)
    // Help that was printed because no command was named has said everything.
    const isHelp = error instanceof CommanderError && error.code === 'commander.help'
    if (!isHelp) io.err(failureText(told(error)))
    io.exit(UNANSWERED)
  }
}

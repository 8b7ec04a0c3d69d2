#!/usr/bin/env node
// The program: command line in, exit code out.
import type { CliIo } from '../surfaces/cli/io.ts'
import { runProgram } from '../surfaces/cli/program.ts'
import { cliServices } from './services.ts'

const io: CliIo = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  exit: (code) => {
    process.exitCode = code
  },
  color: process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '',
  cwd: process.cwd(),
}

// A reader that went away (`| head`) is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0)
})

await runProgram(cliServices(io), process.argv.slice(2))
// Connections and timers of a finished command must not keep the process.
if (process.exitCode !== undefined || process.argv[2] === 'run') process.exit()

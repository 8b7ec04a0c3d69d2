#!/usr/bin/env node
// The program: command line in, exit code out.
import { text } from 'node:stream/consumers'
import { setFlagsFromString } from 'node:v8'
import type { CliIo } from '../surfaces/cli/io.ts'
import { runProgram } from '../surfaces/cli/program.ts'
import { cliServices } from './services.ts'

// Collect garbage earlier: a controller's memory is a budget, its idle time is not.
setFlagsFromString('--heap-growing-percent=20')
setFlagsFromString('--semi-space-growth-factor=1')

const io: CliIo = {
  out: (said) => void process.stdout.write(said),
  err: (said) => void process.stderr.write(said),
  exit: (code) => {
    process.exitCode = code
  },
  stdin: () => text(process.stdin),
  stdinBytes: () => process.stdin,
  color: process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '',
  columns: process.stdout.isTTY ? process.stdout.columns : null,
  cwd: process.cwd(),
}

// A reader that went away (`| head`) is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0)
})

await runProgram(cliServices(io), process.argv.slice(2))
// Connections and timers of a finished command must not keep the process; what was said must still arrive.
process.stdout.write('', () => process.stderr.write('', () => process.exit()))

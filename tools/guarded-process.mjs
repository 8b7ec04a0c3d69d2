// @ts-check
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'

/**
 * @typedef {object} GuardedProcess
 * @property {string} name
 * @property {string} logFile everything it printed
 * @property {() => string | undefined} ended how it ended; undefined while it runs
 * @property {() => Promise<void>} kill returns when nothing of it is left
 */

/** @type {Set<number>} */ const groups = new Set()
process.on('exit', () => {
  for (const group of groups) signal(group, 'SIGKILL')
})

// The shell's input is a pipe from this process. However this process ends, kill -9 included, the pipe closes, and
// the program is killed with it.
const GUARD = `
exec 3<&0 </dev/null
"$@" 3<&- &
program=$!
( while read -r line <&3; do :; done; kill -9 $program ) 2>/dev/null &
watcher=$!
exec 3<&-
wait $program
code=$?
kill $watcher 2>/dev/null
exit $code
`

/**
 * Starts a server in a process group of its own that cannot outlive this process.
 * @param {{ name: string, program: string, args: readonly string[], logFile: string, env?: NodeJS.ProcessEnv }} options
 * @returns {GuardedProcess}
 */
export function startGuarded({ name, program, args, logFile, env }) {
  const log = openSync(logFile, 'a')
  const child = spawn('/bin/sh', ['-c', GUARD, name, program, ...args], {
    detached: true,
    env: env ?? process.env,
    stdio: ['pipe', log, log],
  })
  closeSync(log)
  const group = child.pid
  if (group === undefined) throw new Error(`cannot start ${name}: /bin/sh is missing`)
  groups.add(group)
  /** @type {string | undefined} */ let end
  const exited = new Promise((resolve) => {
    child.on('exit', (code, signalName) => {
      end = signalName ? `killed by ${signalName}` : `ended with ${code}`
      groups.delete(group)
      resolve(end)
    })
  })
  child.stdin?.on('error', () => {})
  child.unref()
  const kill = async () => {
    if (end) return
    child.ref()
    child.stdin?.destroy()
    const force = setTimeout(() => signal(group, 'SIGKILL'), 5_000)
    await exited
    clearTimeout(force)
  }
  return { name, logFile, ended: () => end, kill }
}

/** The end of a log, for an error message. @param {GuardedProcess} guarded @param {number} [lines] */
export function logTail({ logFile }, lines = 8) {
  return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
}

/** @param {number} group @param {NodeJS.Signals} name */
function signal(group, name) {
  try {
    process.kill(-group, name)
  } catch {
    // It is gone already.
  }
}

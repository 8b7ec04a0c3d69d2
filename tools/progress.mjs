// @ts-check
import { spawn } from 'node:child_process'

/** @param {string} line Goes to stderr: stdout belongs to results. */
export function say(line) {
  process.stderr.write(`${line}\n`)
}

/** @param {number} since `performance.now()` at the start. */
export function elapsed(since) {
  const seconds = (performance.now() - since) / 1000
  return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`
}

/**
 * Says when `work` starts, every ten seconds that it goes on, and how it ended.
 * @template T
 * @param {string} what
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(what, work) {
  const start = performance.now()
  say(`▸ ${what}`)
  const heartbeat = setInterval(() => say(`  ${what}: ${elapsed(start)} so far`), 10_000)
  try {
    const result = await work()
    say(`✔ ${what} (${elapsed(start)})`)
    return result
  } catch (error) {
    say(`✘ ${what} (${elapsed(start)})`)
    throw error
  } finally {
    clearInterval(heartbeat)
  }
}

/**
 * Runs a program to its end and returns what it printed; never rejects on a non-zero code, and 127 means that it could not be started.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, input?: string | Buffer, timeout?: number, inherit?: boolean }} [options]
 *   `timeout` in ms; `inherit` lets it write to this process' own stdout and stderr.
 * @returns {Promise<{ code: number, stdout: string, stderr: string }>}
 */
export function run(program, args, options = {}) {
  const { input, inherit, timeout, ...spawnOptions } = options
  return new Promise((resolve) => {
    const stdin = input === undefined ? 'ignore' : 'pipe'
    const output = inherit ? 'inherit' : 'pipe'
    const child = spawn(program, args, { ...spawnOptions, stdio: [stdin, output, output] })
    /** @type {Buffer[]} */ const stdout = []
    /** @type {Buffer[]} */ const stderr = []
    child.stdout?.on('data', (chunk) => stdout.push(chunk))
    child.stderr?.on('data', (chunk) => stderr.push(chunk))
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
    // Its own children may live on and hold the pipes open; they are not waited for.
    const kill = () => {
      child.kill('SIGKILL')
      for (const stream of [child.stdout, child.stderr]) stream?.destroy()
    }
    const timer = timeout === undefined ? undefined : setTimeout(kill, timeout)
    child.on('error', (error) => resolve({ code: 127, stdout: '', stderr: error.message }))
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code: code ?? 1, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() })
    })
  })
}

/**
 * Ends this script with `main`'s exit code, or with 2 and the message alone when it failed for a reason of its own.
 * @param {() => Promise<number>} main
 */
export async function runScript(main) {
  try {
    process.exitCode = await main()
  } catch (error) {
    say(error instanceof Error ? (process.env.DEBUG ? (error.stack ?? error.message) : error.message) : String(error))
    process.exitCode = 2
  }
}

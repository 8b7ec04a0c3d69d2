// @ts-check
import { spawn } from 'node:child_process'
import { createWriteStream, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** @typedef {{ level: string, msg: string, time: string, [field: string]: any }} LogLine */
/**
 * @typedef {object} HoldfastProcess
 * @property {number} pid
 * @property {() => number} rss resident memory in bytes
 * @property {() => number} peakRss the most it ever was, in bytes
 * @property {() => readonly LogLine[]} lines of the log so far
 * @property {(matches: (line: LogLine) => boolean, timeoutMs?: number) => Promise<LogLine | undefined>} said the first such line, also of the past; undefined after the time-out
 * @property {() => number | undefined} ended exit code, once it ended
 * @property {() => Promise<void>} stop graceful, then not
 */

const path = (/** @type {string} */ relative) => fileURLToPath(new URL(relative, import.meta.url))
export const HOLDFAST = path('../dist/main/holdfast.js')
const GRACE_MS = 8_000

/**
 * Starts the built program as a child that cannot outlive this process.
 * @param {{ args: readonly string[], env?: NodeJS.ProcessEnv, nodeArgs?: readonly string[], logFile: string }} options
 * @returns {HoldfastProcess}
 */
export function startHoldfast({ args, env, nodeArgs = [], logFile }) {
  const preload = new URL('./end-with-parent.mjs', import.meta.url).href
  // Of its own process group, so that Ctrl-C at a terminal reaches the parent alone, which decides the order of things.
  const child = spawn(process.execPath, [...nodeArgs, '--import', preload, HOLDFAST, ...args], {
    env: env ?? process.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  /** @type {LogLine[]} */ const lines = []
  /** @type {Set<(line: LogLine) => void>} */ const listeners = new Set()
  /** @type {number | undefined} */ let end
  const file = createWriteStream(logFile, { flags: 'a' })
  const read = (/** @type {string} */ text) => {
    file.write(`${text}\n`)
    const line = parse(text)
    lines.push(line)
    for (const listener of listeners) listener(line)
  }
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', read)
  child.stdin.on('error', () => {})
  const exited = new Promise((resolve) => {
    child.on('error', (error) => read(String(error)))
    child.on('exit', (code, signal) => {
      end = code ?? (signal ? 143 : 1)
      resolve(end)
    })
  })
  const onExit = () => child.kill('SIGKILL')
  process.on('exit', onExit)
  return {
    pid: child.pid ?? 0,
    rss: () => memory(child.pid, 'VmRSS'),
    peakRss: () => memory(child.pid, 'VmHWM'),
    lines: () => lines,
    said: (matches, timeoutMs = 5_000) => said({ lines, listeners }, matches, timeoutMs),
    ended: () => end,
    stop: async () => {
      if (end === undefined) child.kill('SIGTERM')
      await Promise.race([exited, sleep(GRACE_MS, undefined, { ref: false })])
      if (end === undefined) child.kill('SIGKILL')
      await exited
      process.off('exit', onExit)
      file.end()
    },
  }
}

/**
 * @param {{ lines: readonly LogLine[], listeners: Set<(line: LogLine) => void> }} log
 * @param {(line: LogLine) => boolean} matches @param {number} timeoutMs
 * @returns {Promise<LogLine | undefined>}
 */
function said({ lines, listeners }, matches, timeoutMs) {
  const known = lines.find(matches)
  if (known) return Promise.resolve(known)
  return new Promise((resolve) => {
    const finish = (/** @type {LogLine | undefined} */ line) => {
      clearTimeout(timer)
      listeners.delete(listen)
      resolve(line)
    }
    const listen = (/** @type {LogLine} */ line) => void (matches(line) && finish(line))
    const timer = setTimeout(() => finish(undefined), timeoutMs)
    listeners.add(listen)
  })
}

/** @param {string} text @returns {LogLine} */
function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return { level: 'raw', msg: text, time: '' }
  }
}

/** @param {number | undefined} pid @param {string} field */
function memory(pid, field) {
  try {
    const line = readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm'))
    return Number(line?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

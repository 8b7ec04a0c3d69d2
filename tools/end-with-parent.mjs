// @ts-check
// Preloaded into a child: when the parent goes, kill -9 included, the pipe on standard input closes and the child ends.
import { isMainThread } from 'node:worker_threads'

// Threads inherit the preload, and their standard input ends at once.
if (isMainThread) {
  process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM'))
  process.stdin.on('error', () => {})
  process.stdin.resume()
  /** @type {any} */ const input = process.stdin
  input.unref?.()
}

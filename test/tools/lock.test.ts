import { spawn } from 'node:child_process'
import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withLock } from '../../tools/lock.mjs'
import { createScratch, removeScratch } from '../../tools/scratch.mjs'

describe('the lock around builds', () => {
  let scratch = ''
  beforeAll(async () => {
    scratch = await createScratch('holdfast-lock')
  })
  afterAll(() => removeScratch(scratch))
  const file = (name: string) => join(scratch, name, 'build.lock')

  async function heldBy(name: string, holder: object): Promise<string> {
    await mkdir(dirname(file(name)), { recursive: true })
    await writeFile(file(name), JSON.stringify(holder))
    return file(name)
  }

  async function deadPid(): Promise<number> {
    const child = spawn(process.execPath, ['-e', ''])
    await new Promise((resolve) => child.on('exit', resolve))
    return child.pid ?? 0
  }

  it('lets one in at a time and leaves nothing behind', async () => {
    let inside = 0
    let most = 0
    const work = async () => {
      most = Math.max(most, ++inside)
      await new Promise((resolve) => setImmediate(resolve))
      inside--
    }
    await Promise.all([1, 2, 3].map(() => withLock(file('one'), work)))
    expect({ inside, most }).toEqual({ inside: 0, most: 1 })
    await expect(readFile(file('one'))).rejects.toThrow('ENOENT')
  })

  it('is given back when the work fails', async () => {
    await expect(withLock(file('fails'), () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await withLock(file('fails'), async () => 'in')).toBe('in')
  })

  it('is taken over from a process that died', async () => {
    const lock = await heldBy('dead', { pid: await deadPid(), host: hostname() })
    expect(await withLock(lock, async () => 'in')).toBe('in')
  })

  it('is taken over from another host that no longer renews it', async () => {
    const lock = await heldBy('silent', { pid: process.pid, host: 'elsewhere' })
    await utimes(lock, new Date(0), new Date(0))
    expect(await withLock(lock, async () => 'in')).toBe('in')
  })

  it('is taken over when its content is torn and nobody renews it', async () => {
    const lock = await heldBy('torn', {})
    await writeFile(lock, '{"pid":')
    await utimes(lock, new Date(0), new Date(0))
    expect(await withLock(lock, async () => 'in')).toBe('in')
  })
})

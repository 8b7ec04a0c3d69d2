import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HoldfastError } from '../../src/core/problem/index.ts'
import { installation } from '../../src/main/installation.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-installation-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the data directory', () => {
  it('is made with all that it lies in, for its owner alone, and is the same the next time', async () => {
    const path = join(folder, 'a', 'b', 'c')
    const first = installation({ HOLDFAST_DATA_DIR: path }, undefined)
    expect((await stat(join(folder, 'a'))).mode & 0o777).toBe(0o700)
    expect((await readdir(path)).sort()).toEqual(['cache', 'digest.key'])
    expect(installation({}, path)).toEqual(first)
  })
  it('may be a link', async () => {
    await mkdir(join(folder, 'real'))
    await symlink('real', join(folder, 'link'))
    expect(installation({}, join(folder, 'link')).digestKey).toMatch(/^[0-9a-f]{64}$/)
  })
  it.each<[string, () => Promise<string> | string]>([
    ['below /proc', () => '/proc/x'],
    ['deep below /proc', () => '/proc/x/y/z'],
    ['below /sys', () => '/sys/x'],
    [
      'a file',
      async () => {
        await writeFile(join(folder, 'file'), 'x')
        return join(folder, 'file')
      },
    ],
    ['below a file', () => join(folder, 'file', 'x')],
    [
      'a link to nothing',
      async () => {
        await symlink('nowhere', join(folder, 'dangling'))
        return join(folder, 'dangling')
      },
    ],
  ])('%s is refused at once, by name', async (_, place) => {
    const path = await place()
    try {
      installation({ HOLDFAST_DATA_DIR: path }, undefined)
    } catch (error) {
      expect(error).toBeInstanceOf(HoldfastError)
      const { code, message, action } = (error as HoldfastError).problem
      expect([code, message.includes(path), action.includes('HOLDFAST_DATA_DIR')]).toEqual(['HF7001', true, true])
      return
    }
    expect.unreachable()
  })
})

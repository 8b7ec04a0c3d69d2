import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { KubeObject } from '../../../../src/core/kube/index.ts'
import { readObjects } from '../../../../src/core/yaml/index.ts'
import type { TestRepository } from './bench.ts'

const exec = promisify(execFile)

export type Files = Parameters<TestRepository['commit']>[0]

/** Lays files out in a temporary folder, as a checkout would. */
export async function inFolder<T>(files: Files, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-direct-'))
  try {
    for (const [path, content] of Object.entries(files)) {
      if (content === null) continue
      const file = join(folder, path)
      await mkdir(dirname(file), { recursive: true })
      if (typeof content === 'object' && 'symlink' in content) await symlink(content.symlink, file)
      else if (typeof content === 'object' && 'executable' in content) await writeFile(file, content.executable)
      else await writeFile(file, content)
    }
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What a tool itself prints, run in `cwd`. */
export async function printed(program: string, args: readonly string[], cwd: string): Promise<string> {
  const { stdout } = await exec(program, [...args], { cwd, maxBuffer: 1 << 28, env: { HOME: cwd } })
  return stdout
}

/** The objects of a tool's output. */
export function objectsIn(text: string): KubeObject[] {
  const { objects, problems } = readObjects(text, { file: 'direct' })
  if (problems[0] !== undefined) throw new Error(problems[0].message)
  return objects.map(({ object }) => object)
}

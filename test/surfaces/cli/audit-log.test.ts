// `holdfast diff --live --audit-log`: authors without any cluster.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { KubeObject } from '../../../src/core/kube/index.ts'
import { auditLine } from '../../kit/audit-events.ts'
import { command, type Said } from './command.ts'

const live: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name: 'web',
    namespace: 'shop',
    uid: 'u-1',
    resourceVersion: '9',
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
  data: { a: '2', b: '2' },
}
const desired = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'web', namespace: 'shop' },
  data: { a: '1', b: '1' },
}
const subject = { object: live, resource: 'configmaps' }
const first = auditLine(subject, {
  user: 'alice',
  at: 10,
  sent: { data: { a: '2' } },
  stored: { data: { a: '2', b: '1' } },
  version: '8',
})
const second = auditLine(subject, {
  user: 'bob',
  at: 20,
  sent: { data: { b: '2' } },
  stored: { data: { a: '2', b: '2' } },
  version: '9',
})

let cwd: string
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'holdfast-audit-'))
  await writeFile(join(cwd, 'web.json'), JSON.stringify(desired))
  await writeFile(join(cwd, 'live.json'), JSON.stringify(live))
  await writeFile(join(cwd, 'audit-2026-01-01T00-00-15.000.log.gz'), gzipSync(`${first}\n`))
  await writeFile(join(cwd, 'audit.log'), `cut off"}\n${second}\n`)
  await writeFile(join(cwd, 'none.log'), 'no events here\n')
})
afterAll(() => rm(cwd, { recursive: true, force: true }))

function diff(...args: readonly string[]): Promise<Said> {
  const env = { PATH: process.env['PATH'], HOLDFAST_DATA_DIR: join(cwd, 'data'), KUBECONFIG: join(cwd, 'none') }
  return command(['diff', './web.json', '--live', 'live.json', '-o', 'json', ...args], { cwd, env, stdin: '' })
}

interface Told {
  readonly path: string
  readonly cause: { readonly actor: { readonly user: string; readonly verb: string; readonly userAgent: string } }
}

test('each field has its author, from a rotated and compressed part as well', async () => {
  const { out, exit } = await diff('--audit-log', 'audit.log')
  const { objects } = JSON.parse(out) as { objects: readonly { readonly fields: readonly Told[] }[] }
  const told = objects[0]?.fields.map(({ path, cause: { actor } }) => [path, actor.user, actor.verb])
  expect(told).toEqual([
    ['.data.a', 'alice', 'patch'],
    ['.data.b', 'bob', 'patch'],
  ])
  expect(exit).toBe(1)
})

test.each(['none.log', 'missing.log'])('%s cannot answer', async (file) => {
  const { err, exit } = await diff('--audit-log', file)
  expect(err).toContain('HF7006')
  expect(exit).toBe(2)
})

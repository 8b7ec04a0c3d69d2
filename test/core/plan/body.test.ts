import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import type { Json, KubeObject } from '../../../src/core/kube/index.ts'
import { applyBody } from '../../../src/core/plan/index.ts'
import { pathOf } from './path-text.ts'

interface Case {
  readonly title: string
  readonly desired: KubeObject
  readonly carried: Readonly<Record<string, Json>>
  readonly body: KubeObject | string
}

const file = new URL('../../cases/claim/bodies.yaml', import.meta.url)
const { cases } = load(readFileSync(file, 'utf8')) as { cases: Case[] }

describe('applyBody', () => {
  it.each(cases)('$title', ({ desired, carried, body }) => {
    const before = JSON.stringify(desired)
    const paths = Object.entries(carried).map(([at, live]) => ({ path: pathOf(at), live: live ?? undefined }))
    const wanted = typeof body === 'string' ? body : JSON.stringify(body)
    expect(JSON.stringify(applyBody(desired, paths))).toBe(wanted)
    expect(JSON.stringify(desired)).toBe(before)
  })
})

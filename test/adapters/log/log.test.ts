import { describe, expect, it } from 'vitest'
import { createLog } from '../../../src/adapters/pino-log/index.ts'
import { HoldfastError, problem } from '../../../src/core/problem/index.ts'

const capture = (level: 'debug' | 'info' = 'info') => {
  const lines: string[] = []
  const log = createLog({ level, to: { write: (line) => void lines.push(line) } })
  return { log, lines, first: () => JSON.parse(lines[0] ?? 'null') as Record<string, unknown> }
}

it('writes one JSON line with level, time, message and fields', () => {
  const { log, first } = capture()
  log.child({ app: 'argocd/web' }).warn({ fields: 3 }, 'drift')
  expect(first()).toEqual({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-.*Z$/),
    app: 'argocd/web',
    fields: 3,
    msg: 'drift',
  })
})

it('leaves out what is below its level', () => {
  const { log, lines } = capture()
  log.debug({}, 'unseen')
  expect(lines).toEqual([])
})

describe('secrets', () => {
  const P = 'PLANTED-0123456789'
  it.each<[string, object, string]>([
    [
      'data and stringData at any depth',
      { object: { kind: 'Secret', data: { a: P }, stringData: { b: P }, list: [{ binaryData: P }] } },
      '',
    ],
    ['headers in any case', { headers: { Authorization: `Bearer ${P}`, Cookie: P, 'Proxy-Authorization': P } }, ''],
    ['tokens and passwords', { token: P, password: P, id_token: P, clientSecret: P, user: { accessToken: P } }, ''],
    [
      'credentials in a URL',
      { repository: `https://user:${P}@git.example.com/a.git` },
      `clone of https://${P}@git.example.com failed`,
    ],
    ['a bearer token in text', { line: `Authorization: Bearer ${P}` }, `sent bearer ${P}`],
    [
      'errors, their problem and their cause',
      { error: new HoldfastError(problem('HF1001', `https://u:${P}@h/`), { cause: new Error(`https://u:${P}@h/`) }) },
      '',
    ],
    ['fields of a Map', { map: new Map([['token', P]]) }, ''],
  ])('stay out: %s', (_title, fields, message) => {
    const { log, lines } = capture()
    log.info(fields, message)
    log.child(fields).info({}, message)
    expect(lines).toHaveLength(2)
    expect(lines.join('')).not.toContain('PLANTED')
  })
})

it('takes hostile fields: circular, deep, wide, long, bigint, bytes, lone surrogates', () => {
  const { log, lines, first } = capture()
  const circular: Record<string, unknown> = {}
  circular.self = circular
  let deep: object = {}
  for (let n = 0; n < 5_000; n += 1) deep = { deep }
  const wide = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`k${n}`, n]))
  log.info(
    {
      circular,
      deep,
      wide,
      long: 'x'.repeat(1_000_000),
      big: 9_007_199_254_740_993n,
      bytes: Buffer.alloc(9),
      lone: '\ud800',
    },
    'm',
  )
  expect(lines[0]?.length).toBeLessThan(12_000)
  expect(first()).toMatchObject({ circular: { self: '[circular]' }, big: '9007199254740993', bytes: '[9 bytes]' })
})

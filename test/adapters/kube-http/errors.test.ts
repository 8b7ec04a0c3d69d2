import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../src/adapters/kube-http/errors.ts'
import { maskValues } from '../../../src/adapters/kube-http/mask.ts'

interface Refusal {
  readonly says: string
  readonly action: 'read' | 'write'
  readonly kind: string
  readonly status: number
  readonly reason?: string
  readonly details?: { kind?: string; name?: string }
  readonly message: string
  readonly code: string
}

const CASES = JSON.parse(readFileSync(new URL('./data/refusals.json', import.meta.url), 'utf8')) as Refusal[]

describe('refusals of the API server', () => {
  for (const each of CASES) {
    it(`${each.says}: ${each.code}`, () => {
      const { status, reason, message, details = {} } = each
      const text =
        reason === undefined ? message : JSON.stringify({ kind: 'Status', code: status, reason, message, details })
      const ref = { group: '', kind: each.kind, namespace: 'ns', name: 'x' }
      const { problem } = refusal({ status, text, retryAfterMs: null }, { action: each.action, ref })
      expect(problem.code).toBe(each.code)
      expect(problem.subject.object).toBe(`${each.kind} ns/x`)
      if (each.code !== 'HF3002' && message !== '') expect(problem.message).toContain(message)
    })
  }
})

describe('values of a Secret in the words of the server', () => {
  const b64 = (text: string): string => Buffer.from(text).toString('base64')
  const sent = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's' },
    data: { a: b64('hunter2!') },
    stringData: { b: 'swordfish' },
  }
  for (const message of [
    'Secret "s" is invalid: data[a]: Invalid value: "hunter2!": bad',
    `illegal: ${b64('hunter2!')} and swordfish`,
    'failed to create typed patch object (/s; /v1, Kind=Secret): .data.a: expected string, got &value.valueUnstructured{Value:map[x:hunter2! y:swordfish}]}',
    'admission webhook "w" denied the request: hunter2! is weak',
    'x: Invalid value: {"k":"hunter2!"}: field is immutable',
  ]) {
    it(message.slice(0, 60), () => {
      const masked = maskValues(message, sent)
      expect(masked).not.toMatch(/hunter2|swordfish|aHVudGVy/)
      expect(masked).toContain('[masked]')
    })
  }
  it('says the same without the object', () => {
    expect(maskValues('data[a]: Invalid value: "hunter2!": bad key', undefined)).toBe(
      'data[a]: Invalid value: [masked]: bad key',
    )
  })
})

import { describe, expect, test } from 'vitest'
import { holdsSecretText, mentionsSecret } from '../../../src/adapters/source/render/secret-marks.ts'

const object = (data: unknown): string => JSON.stringify({ kind: 'ConfigMap', data })

describe('a Secret is recognised', () => {
  test.each([
    'kind: Secret\nstringData: {a: b}\n',
    'kind: Secret\r\nstringData: {a: b}\r\n',
    '\ufeffkind: Secret',
    'kind:\tSecret',
    'kind   :   Secret # x',
    '"kind": "Secret"',
    "{'kind': 'Secret'}",
    '{"apiVersion":"v1","kind":"Secret","data":{}}',
    'items:\n- kind: Secret\n',
    '- {apiVersion: v1, kind: Secret}',
    'kind: SecretList',
    'kind: !!str Secret',
    'kind: &kind Secret',
    'kind: !!str &k "Secret"',
    'kind: >-\n  Secret\n',
    'kind:\n  Secret\n',
    'x: &k Secret\n---\nkind: *k\n',
    'kind: SecretGenerator',
    'secretGenerator:\n- name: x',
    'SecretGenerator: [{name: x}]',
    "{kind:: 'Secret', kind+: 'Secret'}",
    object({ 'a.yaml': 'kind: Secret\n' }),
    object({ 'a.yaml': 'kind:\tSecret\n' }),
    object({ 'a.yaml': 'kind:\n  Secret\n' }),
    object({ 'a.yaml': 'kind: "Secret"\n' }),
    object({ 'a.json': JSON.stringify({ kind: 'Secret' }) }),
    object({ 'a.json': JSON.stringify({ inner: JSON.stringify({ kind: 'Secret' }) }) }),
    JSON.stringify({ spec: { manifest: { kind: 'Secret', stringData: { a: 'b' } } } }),
  ])('%j', (text) => expect(mentionsSecret(text)).toBe(true))
  test('in UTF-16', () => {
    expect(holdsSecretText(Buffer.from('\ufeffkind: Secret\n', 'utf16le'))).toBe(true)
  })
})

describe('no Secret is seen in', () => {
  test.each([
    'kind: SealedSecret',
    'kind: ExternalSecret',
    'kind: SecretStore',
    'kind: SecretProviderClass',
    'kind: Secretary',
    'secretName: x',
    'kind: *other\nsecretName: x',
    'volumes: [{secret: {secretName: x}}]',
    object({ note: 'a Secret is kind' }),
  ])('%j', (text) => expect(mentionsSecret(text)).toBe(false))
  test.each([
    `kind: ${'!a '.repeat(200_000)}secret`,
    `secret ${'kind: '.repeat(200_000)}`,
    `secret kind:${' '.repeat(500_000)}x`,
    `secret kind${'\\'.repeat(500_000)}x`,
  ])('hostile text, in no time', (text) => expect(mentionsSecret(text)).toBe(false))
})

// No value of a Secret is shown, wherever in it the value stands.
import { describe, expect, it } from 'vitest'
import { evaluateObject } from '../../../src/core/evaluate/index.ts'
import type { KubeObject } from '../../../src/core/kube/index.ts'
import { maskedDigest, reportObject } from '../../../src/core/record/index.ts'
import { appOf, type Given, snapshotOf } from './snapshot.ts'

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'
const PLANTED = 'c2VjcmV0LXZhbHVl'
const secret = (parts: object, annotations: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  type: 'Opaque',
  metadata: { name: 's', namespace: 'prod', annotations: { team: 'a', ...annotations } },
  ...parts,
})
const bare: KubeObject = {
  apiVersion: 'v1',
  kind: 'Secret',
  type: 'Opaque',
  metadata: { name: 's', namespace: 'prod' },
}

const rows: [where: string, given: Given][] = [
  ['a changed key', { desired: secret({ data: { a: PLANTED } }), live: secret({ data: { a: `${PLANTED}eA==` } }) }],
  ['an added key', { desired: secret({ data: { a: 'eA==' } }), live: secret({ data: { a: 'eA==', b: PLANTED } }) }],
  ['the whole data', { desired: secret({}), live: secret({ data: { b: PLANTED } }) }],
  ['a removed key', { desired: secret({ data: { a: 'eA==', b: PLANTED } }), live: secret({ data: { a: 'eA==' } }) }],
  ['stringData left in Git', { desired: secret({ stringData: { b: PLANTED } }), live: secret({}) }],
  ['a misspelt field', { desired: secret({ dta: { b: PLANTED } }), live: secret({}) }],
  ['last-applied', { desired: secret({}), live: secret({}, { [LAST_APPLIED]: PLANTED }) }],
  ['last-applied in a map of annotations', { desired: bare, live: secret({}, { [LAST_APPLIED]: PLANTED }) }],
  [
    'an ignored key',
    {
      ignore: [{ group: '', kind: 'Secret', jsonPointers: ['/data'] }],
      desired: secret({ data: { a: 'eA==' } }),
      live: secret({ data: { a: PLANTED } }),
    },
  ],
]

describe('reportObject of a Secret', () => {
  it.each(rows)('%s', (_, given) => {
    const report = reportObject(evaluateObject(appOf(given), snapshotOf(given)), { digestKey: 'key' })
    expect(report.fields.length + report.ignored.length).toBeGreaterThan(0)
    expect(JSON.stringify(report)).not.toContain(PLANTED)
    expect(JSON.stringify(report)).toContain('"masked":"hmac:')
  })

  it('shows type and labels, and says of equal values that they are equal', () => {
    const given = {
      desired: { ...secret({ data: { a: PLANTED } }), type: 'a' },
      live: { ...secret({ data: { b: PLANTED } }), type: 'b' },
    }
    const { fields } = reportObject(evaluateObject(appOf(given), snapshotOf(given)), { digestKey: 'key' })
    expect(fields.map(({ path, desired, live }) => [path, desired, live])).toEqual([
      ['.data.a', maskedDigest(PLANTED, 'key'), undefined],
      ['.data.b', undefined, maskedDigest(PLANTED, 'key')],
      ['.type', 'a', 'b'],
    ])
  })
})

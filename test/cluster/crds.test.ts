// The shipped CRDs on a real API server: objects as people have them are taken whole, fragments are refused.
import { readdirSync, readFileSync } from 'node:fs'
import { loadAll } from 'js-yaml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, Editor } from '../kit/editor.ts'
import { APPS, makeWorld, type World } from '../kit/world.ts'

const NAMES = ['applications', 'appprojects', 'applicationsets']
const CASES = new URL('../core/definition/applications/', import.meta.url)
const LIVE_PARTS = ['creationTimestamp', 'generation', 'managedFields', 'resourceVersion', 'uid', 'deletionTimestamp']

/** Cases that the server refuses before Holdfast sees them: what is required is missing, or has the wrong type. */
const REFUSED_BY_SERVER = [
  'flattened.yaml',
  'fragment-with-ignore-rules.yaml',
  'fragment-with-self-heal.yaml',
  'fragment-without-self-heal.yaml',
  'missing-repository.yaml',
  'no-project.yaml',
  'wrong-types.yaml',
]
/** Cases with fields that no version of the kind has: the server drops them, and says so when asked to validate. */
const PRUNED_BY_SERVER = ['refused-sources.yaml', 'unknown-fields.yaml']

interface Manifest {
  readonly metadata: { readonly name?: string }
  readonly spec: object
  readonly operation?: object
}

const cases = readdirSync(CASES).map((file) => {
  const documents = loadAll(readFileSync(new URL(file, CASES), 'utf8')) as unknown[]
  return { file, application: documents[1] as Manifest }
})
const kept = cases.filter(({ file }) => ![...REFUSED_BY_SERVER, ...PRUNED_BY_SERVER].includes(file))

let world: World | undefined
beforeAll(async () => {
  world = await makeWorld('CRDs', { controllers: false })
})
afterAll(async () => world?.close())

/** Creates under a name of its own, so that cases do not meet. */
function create(editor: Editor, { application, file }: (typeof cases)[number], query = ''): Promise<Answer> {
  const { name: _, namespace: __, ...metadata } = (application.metadata ?? {}) as Record<string, unknown>
  const name = file.replace('.yaml', '')
  return editor.create(APPS + query, { ...application, metadata: { ...metadata, name, namespace: 'argocd' } })
}

/** null and absent are the same to the server. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, item]) => item !== null)
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutNulls(item)]))
}

describe('the shipped CRDs', () => {
  it('are established and structural', async ({ skip }) => {
    if (world === undefined) return skip()
    for (const name of NAMES) {
      const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}.argoproj.io`
      const { body } = await world.editor.get(path)
      const conditions = (body.status.conditions as { type: string; status: string }[]).map(
        ({ type, status }) => `${type}=${status}`,
      )
      expect(conditions).toEqual(expect.arrayContaining(['Established=True', 'NamesAccepted=True']))
      expect(conditions).not.toContain('NonStructuralSchema=True')
    }
  })

  // requirements: [S000-21]
  it.for(kept)('take $file whole', async ({ file, application }, { skip }) => {
    if (world === undefined) return skip()
    const { status, body } = await create(world.editor, { file, application }, '?fieldValidation=Strict')
    expect(body.message).toBeUndefined()
    expect(status).toBe(201)
    expect(body.spec).toEqual(withoutNulls(application.spec))
    expect(body.operation).toEqual(application.operation)
    expect(
      Object.keys(body.metadata)
        .filter((key) => !LIVE_PARTS.includes(key))
        .sort(),
    ).toEqual(
      [...new Set([...Object.keys(application.metadata), 'namespace'])]
        .filter((key) => !LIVE_PARTS.includes(key))
        .sort(),
    )
  })

  // requirements: [S001-18]
  it.for(cases.filter(({ file }) => REFUSED_BY_SERVER.includes(file)))('refuse $file', async (given, { skip }) => {
    if (world === undefined) return skip()
    const { status, body } = await create(world.editor, given)
    expect({ status, reason: body.reason }).toEqual({ status: 422, reason: 'Invalid' })
  })

  it.for(
    cases.filter(({ file }) => PRUNED_BY_SERVER.includes(file)),
  )('name the unknown fields of $file', async (given, { skip }) => {
    if (world === undefined) return skip()
    const { status, body } = await create(world.editor, given, '?fieldValidation=Strict')
    expect(status).toBe(400)
    expect(body.message).toMatch(/unknown field "spec\.(extra|source\.foo)"/)
  })

  it('show the columns people know', async ({ skip }) => {
    if (world === undefined) return skip()
    const { body } = await world.editor.get(
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/applications.argoproj.io',
    )
    const columns = (body.spec.versions[0].additionalPrinterColumns as { name: string }[]).map(({ name }) => name)
    expect(columns.slice(0, 3)).toEqual(['Sync Status', 'Health Status', 'Revision'])
    expect(body.spec.versions[0].subresources).toBeUndefined()
    expect(body.spec.names.shortNames).toEqual(['app', 'apps'])
  })
})

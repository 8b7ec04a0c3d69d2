// The Application's options, held to the `kustomize edit` commands that Argo CD would run.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { environmentOf, substitute } from '../../../src/adapters/source/render/build-environment.ts'
import { readKustomization } from '../../../src/adapters/source/render/kustomize-document.ts'
import { addComponents, editKustomization } from '../../../src/adapters/source/render/kustomize-edit.ts'
import { type KustomizeOptions, parseApplication } from '../../../src/core/definition/index.ts'
import { canonicalJson } from '../../../src/core/kube/index.ts'
import { findBinaries } from '../../../tools/binaries.mjs'
import { definition } from './support/bench.ts'
import { type Files, inFolder, objectsIn, printed } from './support/direct.ts'

const kustomize = (await findBinaries(['kustomize'])).kustomize?.path ?? ''

const ENVIRONMENT = { ARGOCD_APP_NAME: 'shop', ARGOCD_APP_REVISION: 'abc' }
const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "nginx:1.0"}
      - {name: side, image: "registry.example:5000/team/side@sha256:aaaa"}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}}
`
const BASE = 'resources: [web.yaml]\n'
const COMPONENTS = {
  'parts/a/kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: a-\n',
  'parts/b/kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnameSuffix: -b\n',
}

/** The commands, in Argo CD's order. */
function commands(options: KustomizeOptions): string[][] {
  const pairs = (values: Readonly<Record<string, string>>, expand: 'yes' | 'no'): string[] =>
    Object.entries(values).map(
      ([name, value]) => `${name}:${expand === 'yes' ? substitute(value, ENVIRONMENT) : value}`,
    )
  const flag = (name: string, on: boolean): string[] => (on ? [name] : [])
  return [
    options.namePrefix === '' ? [] : ['set', 'nameprefix', '--', options.namePrefix],
    options.nameSuffix === '' ? [] : ['set', 'namesuffix', '--', options.nameSuffix],
    options.images.length === 0
      ? []
      : ['set', 'image', ...options.images.map((image) => substitute(image, ENVIRONMENT))],
    options.replicas.length === 0
      ? []
      : ['set', 'replicas', ...options.replicas.map(({ name, count }) => `${name}=${count}`)],
    Object.keys(options.commonLabels).length === 0
      ? []
      : [
          ...['add', 'label', ...flag('--force', options.forceCommonLabels)],
          ...flag('--without-selector', options.labelWithoutSelector),
          ...flag('--include-templates', options.labelIncludeTemplates),
          ...pairs(options.commonLabels, 'yes'),
        ],
    Object.keys(options.commonAnnotations).length === 0
      ? []
      : [
          ...['add', 'annotation', ...flag('--force', options.forceCommonAnnotations)],
          ...pairs(options.commonAnnotations, options.commonAnnotationsEnvsubst ? 'yes' : 'no'),
        ],
    options.namespace === '' ? [] : ['set', 'namespace', '--', options.namespace],
    options.components.length === 0 ? [] : ['add', 'component', ...options.components],
  ].filter((words) => words.length > 0)
}

async function build(files: Files, prepare: (folder: string) => Promise<void>): Promise<unknown> {
  return inFolder(files, async (folder) => {
    try {
      await prepare(folder)
      return objectsIn(await printed(kustomize, ['build', '.'], folder))
    } catch {
      return 'refused'
    }
  })
}

const theirs = (files: Files, options: KustomizeOptions): Promise<unknown> =>
  build(files, async (folder) => {
    for (const words of commands(options)) await printed(kustomize, ['edit', ...words], folder)
  })

const ours = (files: Files, options: KustomizeOptions): Promise<unknown> =>
  build(files, async (folder) => {
    const file = join(folder, 'kustomization.yaml')
    const document = readKustomization(await readFile(file, 'utf8'), { file }) ?? {}
    editKustomization(document, options, ENVIRONMENT)
    if (options.components.length > 0) addComponents(document, options.components)
    await writeFile(file, canonicalJson(document))
  })

type Case = [string, Partial<KustomizeOptions>, string?]
const CASES: Case[] = [
  ['a prefix and a suffix', { namePrefix: 'p-', nameSuffix: '-s' }],
  ['a prefix in place of another', { namePrefix: '-p-' }, `${BASE}namePrefix: old-\n`],
  ['a tag', { images: ['nginx:2.0'] }],
  ['a digest', { images: ['nginx@sha256:bbbb'] }],
  ['tag and digest', { images: ['nginx:2.0@sha256:bbbb'] }],
  ['another name', { images: ['nginx=mirror.example/nginx'] }],
  ['another name, tag, and port', { images: ['registry.example:5000/team/side=mirror.example:443/side:3'] }],
  ['a port without a tag', { images: ['registry.example:5000/team/side'] }],
  ['a port with a tag', { images: ['registry.example:5000/team/side:9'] }],
  ['the same image twice', { images: ['nginx:2.0', 'nginx:3.0'] }],
  [
    'an image beside others',
    { images: ['nginx:2.0'] },
    `${BASE}images: [{name: zzz, newTag: a}, {name: nginx, newName: old, newTag: b}]\n`,
  ],
  [
    'stars keep what is there',
    { images: ['nginx=*:2.0'] },
    `${BASE}images: [{name: nginx, newName: old, newTag: b}]\n`,
  ],
  ['stars with nothing there', { images: ['nginx=*:2.0'] }],
  ['a star for the tag', { images: ['nginx=other:*'] }, `${BASE}images: [{name: nginx, newTag: b}]\n`],
  ['old imageTags', { images: ['nginx:2.0'] }, `${BASE}imageTags: [{name: zzz, newTag: a}]\n`],
  ['an image that says nothing', { images: ['nginx'] }],
  ['an image like an option', { images: ['--help=x:1'] }],
  ['a variable in an image', { images: ['nginx:${ARGOCD_APP_REVISION}'] }],
  [
    'replicas as number and text',
    {
      replicas: [
        { name: 'web', count: 5 },
        { name: 'x', count: '7' },
      ],
    },
  ],
  [
    'replicas beside others',
    { replicas: [{ name: 'web', count: 5 }] },
    `${BASE}replicas: [{name: web, count: 1}, {name: a, count: 3}]\n`,
  ],
  ['replicas of an odd name', { replicas: [{ name: 'a=b', count: 5 }] }],
  ['labels', { commonLabels: { team: 'a', app: 'shop' } }],
  ['labels with variables', { commonLabels: { of: '$ARGOCD_APP_NAME', gone: 'x${NOBODY}y', dollar: '$$x' } }],
  ['a label that is there', { commonLabels: { team: 'a' } }, `${BASE}commonLabels: {team: b}\n`],
  [
    'a label that is there, by force',
    { commonLabels: { team: 'a' }, forceCommonLabels: true },
    `${BASE}commonLabels: {team: b}\n`,
  ],
  ['labels without selectors', { commonLabels: { team: 'a' }, labelWithoutSelector: true }],
  ['labels in templates', { commonLabels: { team: 'a' }, labelWithoutSelector: true, labelIncludeTemplates: true }],
  ['labels in templates with selectors', { commonLabels: { team: 'a' }, labelIncludeTemplates: true }],
  [
    'labels beside labels',
    { commonLabels: { team: 'a' }, labelWithoutSelector: true },
    `${BASE}labels: [{pairs: {x: old}, includeSelectors: true}, {pairs: {z: old}}]\n`,
  ],
  [
    'labels that are there without selectors',
    { commonLabels: { z: 'a' }, labelWithoutSelector: true },
    `${BASE}labels: [{pairs: {z: old}}]\n`,
  ],
  [
    'the same by force',
    { commonLabels: { z: 'a' }, labelWithoutSelector: true, forceCommonLabels: true },
    `${BASE}labels: [{pairs: {z: old}}]\n`,
  ],
  ['annotations', { commonAnnotations: { a: '$ARGOCD_APP_NAME', 'b/c': '"quoted"', url: 'https://x:1/y' } }],
  ['annotations with variables', { commonAnnotations: { a: '$ARGOCD_APP_NAME' }, commonAnnotationsEnvsubst: true }],
  ['an annotation that is there', { commonAnnotations: { a: 'x' } }, `${BASE}commonAnnotations: {a: old}\n`],
  [
    'an annotation that is there, by force',
    { commonAnnotations: { a: 'x' }, forceCommonAnnotations: true },
    `${BASE}commonAnnotations: {a: old}\n`,
  ],
  ['an annotation like an option', { commonAnnotations: { '--force': 'x' } }],
  ['a namespace', { namespace: 'prod' }, `${BASE}namespace: dev\n`],
  ['components', { components: ['parts/a', 'parts/b'] }],
  ['components beside components', { components: ['parts/a', 'parts/b'] }, `${BASE}components: [parts/a]\n`],
  [
    'capitals, bases and a key twice',
    { namePrefix: 'p-', images: ['nginx:2'] },
    'Bases: []\nRESOURCES: [web.yaml]\nnameSuffix: -a\nnameSuffix: -b\n',
  ],
  [
    'everything at once',
    {
      namePrefix: 'p-',
      images: ['nginx:2'],
      replicas: [{ name: 'web', count: 4 }],
      commonLabels: { t: 'x' },
      commonAnnotations: { a: 'b' },
      namespace: 'n',
      components: ['parts/b'],
    },
  ],
]

describe.skipIf(kustomize === '')('options of the Application', () => {
  test.each(CASES)('%s', async (_, given, kustomization = BASE) => {
    const options = { ...definition('file:///').kustomize, ...given }
    const files = { 'kustomization.yaml': kustomization, 'web.yaml': DEPLOYMENT, ...COMPONENTS }
    const wanted = await theirs(files, options)
    expect(await ours(files, options)).toEqual(wanted)
    if (_ === 'everything at once') expect(wanted).toHaveLength(2)
  })
})

/** Go's os.Expand with Argo CD's `$$`. */
describe('the build environment', () => {
  test.each([
    ['$ARGOCD_APP_NAME-${ARGOCD_APP_NAME}', 'shop-shop'],
    ['$ARGOCD_APP_NAMEx', ''],
    ['a$$b $$ARGOCD_APP_NAME', 'a$b $ARGOCD_APP_NAME'],
    ['$', '$'],
    ['a$ b', 'a$ b'],
    ['$1x $?y', 'x y'],
    ['${}x', 'x'],
    ['${ARGOCD_APP_NAME', 'ARGOCD_APP_NAME'],
    ['${$}', '$'],
    ['$.x', '$.x'],
    ['${NO SUCH}!', '!'],
    ['$__proto__ $constructor', ' '],
  ])('%s', (text, expected) => expect(substitute(text, ENVIRONMENT)).toBe(expected))
})

test('variables say of the source what is written in the Application, and nothing for what is left out', () => {
  const { value } = parseApplication({
    ...{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', metadata: { name: 'shop', namespace: 'argocd' } },
    spec: {
      source: { repoURL: 'https://git.example/a.git', path: './apps/shop/' },
      destination: { server: 'https://kubernetes.default.svc', namespace: 'prod' },
    },
  })
  const [source] = value?.sources ?? []
  if (source === undefined) throw new Error('no source')
  const app = { name: 'shop', namespace: 'prod', project: 'default' }
  expect(environmentOf({ source, revision: '0123456789abcdef' }, { app })).toEqual({
    ARGOCD_APP_NAME: 'shop',
    ARGOCD_APP_NAMESPACE: 'prod',
    ARGOCD_APP_PROJECT_NAME: 'default',
    ARGOCD_APP_REVISION: '0123456789abcdef',
    ARGOCD_APP_REVISION_SHORT: '0123456',
    ARGOCD_APP_REVISION_SHORT_8: '01234567',
    ARGOCD_APP_SOURCE_PATH: './apps/shop/',
    ARGOCD_APP_SOURCE_REPO_URL: 'https://git.example/a.git',
    ARGOCD_APP_SOURCE_TARGET_REVISION: '',
  })
})

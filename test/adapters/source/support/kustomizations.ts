// Kustomizations of many kinds, each with the directory to build.
import type { Files } from './direct.ts'

export interface Situation {
  readonly files: Files
  readonly path: string
  /** Also given to `kustomize build`. */
  readonly options?: readonly string[]
}

const lines = (...text: string[]): string => `${text.join('\n')}\n`

/** [E002-L63] [S002-268] */
const CHECKOUT = lines(
  'apiVersion: apps/v1',
  'kind: Deployment',
  'metadata:',
  '  name: checkout-api',
  '  namespace: prod',
  'spec:',
  '  replicas: 3',
  '  selector:',
  '    matchLabels:',
  '      app: checkout-api',
  '  template:',
  '    metadata:',
  '      labels:',
  '        app: checkout-api',
  '    spec:',
  '      containers:',
  '        - name: app',
  '          image: registry.example.com/checkout:v1.2.3',
  '          envFrom: [{configMapRef: {name: settings}}]',
  '          resources:',
  '            limits: {cpu: 1000m, memory: 512Mi}',
)
const SERVICE =
  'apiVersion: v1\nkind: Service\nmetadata: {name: checkout-api}\nspec: {selector: {app: checkout-api}, ports: [{port: 80}]}\n'
const base: Files = {
  'base/kustomization.yaml': 'resources: [deployment.yaml, service.yaml]\n',
  'base/deployment.yaml': CHECKOUT,
  'base/service.yaml': SERVICE,
}
const overlay = (text: string, more: Files = {}): Situation => ({
  files: { ...base, 'overlay/kustomization.yaml': `resources: [../base]\n${text}\n`, ...more },
  path: 'overlay',
})
const component = (text: string): string => `apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n${text}\n`
const settings = (name: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {host: a.example, port: "80"}\n`
const CRD = lines(
  'apiVersion: apiextensions.k8s.io/v1',
  'kind: CustomResourceDefinition',
  'metadata: {name: things.example.com}',
  'spec:',
  '  group: example.com',
  '  scope: Namespaced',
  '  names: {kind: Thing, plural: things}',
  '  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]',
)

export const SITUATIONS: Readonly<Record<string, Situation>> = {
  'one file [S002-14]': {
    files: { 'app/kustomization.yaml': 'resources:\n  - deployment.yaml\n', 'app/deployment.yaml': CHECKOUT },
    path: 'app',
  },
  'op: remove with a target [S002-268]': {
    files: {
      'app/deployment.yaml': CHECKOUT,
      'app/kustomization.yaml': lines(
        'apiVersion: kustomize.config.k8s.io/v1beta1',
        'kind: Kustomization',
        'resources:',
        '  - deployment.yaml',
        'patches:',
        '  - target:',
        '      group: apps',
        '      version: v1',
        '      kind: Deployment',
        '      name: checkout-api',
        '    patch: |-',
        '      - op: remove',
        '        path: /spec/replicas',
      ),
    },
    path: 'app',
  },
  'at the root of the repository': {
    files: { 'kustomization.yml': 'resources: [s.yaml]\n', 's.yaml': SERVICE },
    path: '',
  },
  'Kustomization without a suffix': {
    files: { 'a/Kustomization': 'resources: [s.yaml]\n', 'a/s.yaml': SERVICE },
    path: 'a',
  },
  'prefix, suffix, namespace, labels, annotations': overlay(
    'namePrefix: a-\nnameSuffix: -z\nnamespace: team\ncommonAnnotations: {note: x}\nlabels: [{pairs: {team: a}, includeSelectors: true}]',
  ),
  'old commonLabels and bases': {
    files: { ...base, 'o/kustomization.yaml': 'bases: [../base]\ncommonLabels: {team: a}\n' },
    path: 'o',
  },
  images: overlay('images: [{name: registry.example.com/checkout, newName: mirror/checkout, newTag: v2}]'),
  replicas: overlay('replicas: [{name: checkout-api, count: 9}]'),
  'a strategic merge patch in a file': overlay('patches: [{path: patch.yaml}]', {
    'overlay/patch.yaml':
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: checkout-api, namespace: prod}\nspec: {template: {spec: {containers: [{name: app, resources: {limits: {memory: 2Gi}}}, {name: extra, image: x}]}}}\n',
  }),
  'a patch that deletes': overlay('patches: [{path: patch.yaml}]', {
    'overlay/patch.yaml': 'apiVersion: v1\nkind: Service\nmetadata: {name: checkout-api}\n$patch: delete\n',
  }),
  'patchesStrategicMerge, from a file and inline': overlay(
    'patchesStrategicMerge:\n- a.yaml\n- |-\n  apiVersion: v1\n  kind: Service\n  metadata: {name: checkout-api}\n  spec: {type: NodePort}',
    { 'overlay/a.yaml': 'apiVersion: v1\nkind: Service\nmetadata: {name: checkout-api, labels: {a: b}}\n' },
  ),
  'patchesJson6902 in a file': overlay(
    'patchesJson6902: [{target: {version: v1, kind: Service, name: checkout-api}, path: p.json}]',
    {
      'overlay/p.json':
        '[{"op": "add", "path": "/spec/type", "value": "NodePort"}, {"op": "test", "path": "/spec/ports/0/port", "value": 80}]',
    },
  ),
  'a patch for all of a kind, by label selector': overlay(
    'patches:\n- target: {kind: "Deploy.*", name: "check.*"}\n  options: {allowNameChange: true}\n  patch: |-\n    - {op: replace, path: /metadata/name, value: other}',
  ),
  'generators with hash suffixes': overlay(
    'configMapGenerator: [{name: settings, files: [app.conf, key.txt=deep/other.txt], literals: [a=b], envs: [v.env]}]\nsecretGenerator: [{name: token, literals: [password=hunter2], type: Opaque}]',
    { 'overlay/app.conf': 'x = 1\n', 'overlay/deep/other.txt': 'text', 'overlay/v.env': 'A=1\n# note\nB=two words\n' },
  ),
  'generators that merge, and options': {
    files: {
      ...base,
      'base/kustomization.yaml':
        'resources: [deployment.yaml]\nconfigMapGenerator: [{name: settings, literals: [a=1, b=2]}]\n',
      'o/kustomization.yaml':
        'resources: [../base]\nnamespace: prod\nconfigMapGenerator: [{name: settings, behavior: merge, literals: [b=3], options: {annotations: {x: z}}}]\ngeneratorOptions: {labels: {made: here}, immutable: true}\n',
    },
    path: 'o',
  },
  'no hash, binary data': overlay(
    'configMapGenerator: [{name: bin, files: [b.bin], options: {disableNameSuffixHash: true}}]',
    {
      'overlay/b.bin': Buffer.from([0, 255, 254, 1]),
    },
  ),
  components: overlay('components: [../parts/ha, ../parts/tls]', {
    'parts/ha/kustomization.yaml': component('replicas: [{name: checkout-api, count: 5}]'),
    'parts/tls/kustomization.yaml': component('resources: [cert.yaml]\npatches: [{path: p.yaml}]'),
    'parts/tls/cert.yaml':
      'apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: web}\nspec: {secretName: web}\n',
    'parts/tls/p.yaml': 'apiVersion: v1\nkind: Service\nmetadata: {name: checkout-api}\nspec: {ports: [{port: 443}]}\n',
  }),
  'replacements, inline and in a file': overlay(
    'replacements:\n- path: r.yaml\n- source: {kind: ConfigMap, name: settings, fieldPath: data.port}\n  targets: [{select: {kind: Service}, fieldPaths: [metadata.annotations.port], options: {create: true}}]',
    {
      'overlay/kustomization.yaml':
        'resources: [../base, s.yaml]\nreplacements:\n- path: r.yaml\n- source: {kind: ConfigMap, name: settings, fieldPath: data.port}\n  targets: [{select: {kind: Service}, fieldPaths: [metadata.annotations.port], options: {create: true}}]\n',
      'overlay/s.yaml': settings('settings'),
      'overlay/r.yaml':
        'source: {kind: ConfigMap, name: settings, fieldPath: data.host}\ntargets: [{select: {kind: Deployment}, fieldPaths: ["spec.template.spec.containers.[name=app].image"], options: {delimiter: /, index: 0}}]\n',
    },
  ),
  'vars and configurations': overlay(
    'vars: [{name: HOST, objref: {apiVersion: v1, kind: Service, name: checkout-api}, fieldref: {fieldpath: metadata.name}}]\nconfigurations: [conf.yaml]\npatches: [{path: p.yaml}]',
    {
      'overlay/conf.yaml':
        'varReference: [{path: metadata/annotations, kind: Deployment}]\nnamePrefix: [{path: metadata/name}]\n',
      'overlay/p.yaml':
        'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: checkout-api, namespace: prod, annotations: {host: $(HOST)}}\n',
    },
  ),
  'crds and openapi': {
    files: {
      'a/kustomization.yaml':
        'resources: [crd.yaml, thing.yaml]\ncrds: [types.json]\nopenapi: {path: schema.json}\nnamePrefix: x-\n',
      'a/crd.yaml': CRD,
      'a/thing.yaml':
        'apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: one}\nspec: {list: [{name: a, v: 1}]}\n',
      'a/types.json': '{"example.com/v1.Thing": {"Schema": {"properties": {}}}}',
      'a/schema.json':
        '{"definitions": {"v1.Thing": {"properties": {"spec": {"properties": {"list": {"type": "array", "x-kubernetes-patch-merge-key": "name", "x-kubernetes-patch-strategy": "merge"}}}}, "x-kubernetes-group-version-kind": [{"group": "example.com", "kind": "Thing", "version": "v1"}]}}}',
    },
    path: 'a',
  },
  'transformers and generators of one’s own': overlay(
    'transformers:\n- t.yaml\n- ../plugins\n- |-\n  apiVersion: builtin\n  kind: PrefixSuffixTransformer\n  metadata: {name: x}\n  prefix: in-\n  fieldSpecs: [{path: metadata/name}]\ngenerators: [g.yaml]',
    {
      'overlay/t.yaml':
        'apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: t}\npath: body.yaml\ntarget: {kind: Service}\n',
      'overlay/body.yaml': '- {op: add, path: /spec/type, value: NodePort}\n',
      'overlay/g.yaml':
        'apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: made}\nfiles: [made.txt]\nenvs: [made.env]\n',
      'overlay/made.txt': 'm',
      'overlay/made.env': 'E=1\n',
      'plugins/kustomization.yaml': 'resources: [l.yaml]\n',
      'plugins/l.yaml':
        'apiVersion: builtin\nkind: LabelTransformer\nmetadata: {name: l}\nlabels: {by: plugin}\nfieldSpecs: [{path: metadata/labels, create: true}]\n',
    },
  ),
  'the same base under two names': {
    files: {
      ...base,
      'one/kustomization.yaml': 'resources: [../base]\nnamePrefix: one-\n',
      'two/kustomization.yaml': 'resources: [../base]\nnamePrefix: two-\n',
      'all/kustomization.yaml': 'resources: [../one, ../two]\nnamespace: all\n',
    },
    path: 'all',
  },
  'bases far above': {
    files: {
      ...base,
      'a/b/c/d/kustomization.yaml': 'resources: [../../../../base, ../local.d]\n',
      'a/b/c/local.d/kustomization.yaml': 'resources: [s.yaml]\n',
      'a/b/c/local.d/s.yaml': settings('deep'),
    },
    path: 'a/b/c/d',
  },
  'a base behind a link': {
    files: {
      ...base,
      'deep/er/base2/kustomization.yaml': 'resources: [../../../base]\nnamePrefix: l-\n',
      link: { symlink: 'deep/er/base2' },
      'o/kustomization.yaml': 'resources: [../link]\n',
    },
    path: 'o',
  },
  'files behind links': overlay('configMapGenerator: [{name: s, files: [alias.txt, k=alias.txt]}]', {
    'overlay/real/file.txt': 'content',
    'overlay/alias.txt': { symlink: 'real/file.txt' },
  }),
  'files above, with the restriction lifted': {
    ...overlay('configMapGenerator: [{name: s, files: [../shared/app.conf]}]', { 'shared/app.conf': 'shared' }),
    options: ['--load-restrictor', 'LoadRestrictionsNone'],
  },
  'several documents, lists, long text': overlay('', {
    'overlay/kustomization.yaml': 'resources: [all.yaml]\nnamePrefix: p-\n',
    'overlay/all.yaml': `${settings('a')}---\n${settings('b')}---\napiVersion: v1\nkind: List\nitems:\n- ${JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { long: 'x'.repeat(2_000), lines: 'a\nb\n' } })}\n`,
  }),
  'build metadata and sorting': overlay('buildMetadata: [managedByLabel]\nsortOptions: {order: legacy}'),
  'names that look like options and spaces': {
    files: {
      '-o/kustomization.yaml': 'resources: ["--x.yaml", "a b.yaml"]\n',
      '-o/--x.yaml': SERVICE,
      '-o/a b.yaml': settings('sp'),
    },
    path: '-o',
  },
  'a key written twice, capitals, two documents': {
    files: {
      'a/kustomization.yaml': 'namePrefix: x-\nnamePrefix: y-\nResources: [s.yaml]\n---\nresources: [nowhere.yaml]\n',
      'a/s.yaml': SERVICE,
    },
    path: 'a',
  },
  'a big one': {
    files: {
      'a/kustomization.yaml': `namePrefix: big-\nresources:\n${Array.from({ length: 200 }, (_, index) => `- r/${index}.yaml`).join('\n')}\n`,
      ...Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`a/r/${index}.yaml`, settings(`cm-${index}`)])),
    },
    path: 'a',
  },
}

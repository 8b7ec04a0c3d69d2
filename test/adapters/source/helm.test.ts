import { describe, expect, test } from 'vitest'
import type { HelmOptions } from '../../../src/core/definition/index.ts'
import { problemOf } from './support/bench.ts'
import {
  chartYaml,
  type Files,
  folderOf,
  helm,
  helmTemplate,
  objectsIn,
  objectsOf,
  renderChart,
} from './support/helm.ts'

const CONFIG = (data: string, name = '{{ .Release.Name }}'): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n${data.replace(/^/gm, '  ')}\n`

const SUB = (name: string, prefix = `charts/${name}`): Files => ({
  [`${prefix}/Chart.yaml`]: chartYaml(name),
  [`${prefix}/values.yaml`]: 'size: small\nlist: [a]\n',
  [`${prefix}/templates/cm.yaml`]: CONFIG(
    'size: {{ .Values.size | quote }}\nlist: {{ toJson .Values.list | quote }}\nshared: {{ .Values.global.shared | default "none" | quote }}',
    `{{ .Release.Name }}-{{ .Chart.Name }}`,
  ),
})

interface Situation {
  readonly files: Files
  readonly helm?: Partial<HelmOptions>
  readonly args?: readonly string[]
}

const DEEP = '{{- range $k, $v := .Values }}\n{{ $k }}: {{ printf "%T %v" $v $v | quote }}\n{{- end }}'

const SITUATIONS: Readonly<Record<string, Situation>> = {
  'values of the chart': {
    files: {
      'Chart.yaml': chartYaml('one'),
      'values.yaml':
        'a: 1\nb: 1.0\nc: 1e6\nd: 1000000\ne: yes\nf: 0o17\ng: 017\nh: 12345678901234567890\ni: ""\nj: null\n',
      'templates/cm.yaml': CONFIG(DEEP),
    },
  },
  'values, valuesObject and value files in their order': {
    files: {
      'Chart.yaml': chartYaml('one'),
      'values.yaml': 'a: {x: 1, y: 2}\nb: chart\nc: [1, 2]\n',
      'one.yaml': 'a: {x: one}\nb: one\nc: [3]\nd: 1\n---\nd: second document\n',
      'deep/two.yaml': 'a: {y: null, z: two}\nb: two\n',
      'templates/cm.yaml': CONFIG('all: {{ toJson .Values | quote }}'),
    },
    helm: { valueFiles: ['one.yaml', 'deep/two.yaml'], valuesObject: { b: 'object', n: 5, big: 12345678, f: 0.1 } },
    args: ['--values=one.yaml', '--values=deep/two.yaml', '--set-json={"b":"object","n":5,"big":12345678,"f":0.1}'],
  },
  'values as text': {
    files: {
      'Chart.yaml': chartYaml('one'),
      'text.yaml': 'a: "x: {{ y }}"\nb: |\n  two\n  lines\nc: &x [1]\nd: *x\n',
      'templates/cm.yaml': CONFIG('all: {{ toJson .Values | quote }}'),
    },
    helm: { values: 'a: "x: {{ y }}"\nb: |\n  two\n  lines\nc: &x [1]\nd: *x\n' },
    args: ['--values=text.yaml'],
  },
  'null takes a default away': {
    files: {
      'Chart.yaml': chartYaml('one'),
      'values.yaml': 'keep: 1\ngone: 2\nmap: {a: 1, b: 2}\n',
      'nulls.yaml': 'gone: null\nmap: {a: null}\n',
      'templates/cm.yaml': CONFIG('all: {{ toJson .Values | quote }}'),
    },
    helm: { valueFiles: ['nulls.yaml'], parameters: [{ name: 'map.b', value: 'null', forceString: false }] },
    args: ['--values=nulls.yaml', '--set=map.b=null'],
  },
  'nil values and empty lists in a range': {
    files: {
      'Chart.yaml': chartYaml('one'),
      'values.yaml': 'none:\nempty: []\nsome: [x, null, {a: b}]\n',
      'templates/cm.yaml': CONFIG(
        'n: "{{ range .Values.none }}x{{ else }}none{{ end }}"\ne: "{{ range .Values.empty }}x{{ else }}empty{{ end }}"\ns: "{{ range $i, $x := .Values.some }}{{ $i }}={{ $x }};{{ end }}"',
      ),
    },
  },
  'subcharts with conditions, tags and aliases': {
    files: {
      'Chart.yaml': chartYaml(
        'parent',
        `dependencies:
- {name: one, version: 1.x.x, condition: one.enabled}
- {name: two, version: 1.0.0, tags: [extra]}
- {name: one, version: ">=0", alias: other}
`,
      ),
      'values.yaml':
        'one: {enabled: false}\ntags: {extra: true}\nother: {size: large, list: [b]}\nglobal: {shared: g}\n',
      'templates/cm.yaml': CONFIG('x: y'),
      ...SUB('one'),
      ...SUB('two'),
    },
  },
  'import-values and exports': {
    files: {
      'Chart.yaml': chartYaml(
        'parent',
        'dependencies:\n- {name: child, version: "*", import-values: [data, {child: size, parent: kid.size}]}\n',
      ),
      'templates/cm.yaml': CONFIG('all: {{ omit .Values "child" "global" | toJson | quote }}'),
      'charts/child/Chart.yaml': chartYaml('child'),
      'charts/child/values.yaml': 'size: {w: 3}\nexports: {data: {port: 99}}\n',
    },
  },
  'a library chart': {
    files: {
      'Chart.yaml': chartYaml('app', 'dependencies:\n- {name: lib, version: 1.0.0}\n'),
      'templates/cm.yaml': '{{ include "lib.cm" . }}',
      'charts/lib/Chart.yaml': chartYaml('lib', 'type: library\n'),
      'charts/lib/templates/_cm.tpl': `{{- define "lib.cm" -}}\n${CONFIG('from: library {{ .Chart.Name }}')}{{- end -}}`,
    },
  },
  'charts in charts': {
    files: {
      'Chart.yaml': chartYaml('top', 'dependencies:\n- {name: mid, version: 1.0.0}\n'),
      'values.yaml': 'mid: {low: {size: from the top}}\n',
      'charts/mid/Chart.yaml': chartYaml('mid', 'dependencies:\n- {name: low, version: 1.0.0}\n'),
      'charts/mid/values.yaml': 'low: {list: [from, mid]}\n',
      ...SUB('low', 'charts/mid/charts/low'),
    },
  },
  'crds, hooks, tests and notes': {
    files: {
      'Chart.yaml': chartYaml('one'),
      'crds/a.yaml':
        'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: as.x.test}\n---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: bs.x.test}\n',
      'templates/NOTES.txt': 'Thank you for {{ .Chart.Name }}',
      'templates/job.yaml':
        'apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: hook\n  annotations: {"helm.sh/hook": "pre-install,post-upgrade", "helm.sh/hook-weight": "-5"}\n',
      'templates/tests/t.yaml':
        'apiVersion: v1\nkind: Pod\nmetadata:\n  name: t\n  annotations: {"helm.sh/hook": test}\nspec: {containers: []}\n',
      'templates/z.yaml': CONFIG('a: b'),
    },
  },
  'skipCrds and skipTests': {
    files: {
      'Chart.yaml': chartYaml('one'),
      'crds/a.yaml':
        'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: as.x.test}\n',
      'templates/t.yaml':
        'apiVersion: v1\nkind: Pod\nmetadata:\n  name: t\n  annotations: {"helm.sh/hook": test-success}\n',
      'templates/z.yaml': CONFIG('a: b'),
    },
    helm: { skipCrds: true, skipTests: true },
    args: ['--skip-tests', 'WITHOUT CRDS'],
  },
  'tpl, include and named templates': {
    files: {
      'Chart.yaml': chartYaml('one'),
      'values.yaml': 'who: world\ntext: "hello {{ .Values.who }} from {{ include \\"n\\" . }}"\n',
      'templates/_h.tpl': '{{- define "n" -}}{{ .Release.Name | upper }}{{- end -}}',
      'templates/cm.yaml': CONFIG('text: {{ tpl .Values.text . | quote }}'),
    },
  },
  'Files.Get, Glob, AsConfig and AsSecrets': {
    files: {
      'Chart.yaml': chartYaml('one'),
      'conf/a.txt': 'line\n',
      'conf/b.bin': Buffer.from([0, 1, 2, 250, 251, 10]),
      'conf/deep/c.txt': 'ünïcödé',
      '.helmignore': 'ignored/\n*.bak\n',
      'ignored/x.txt': 'never',
      'conf/old.bak': 'never',
      'templates/cm.yaml': `${CONFIG('get: {{ .Files.Get "conf/a.txt" | quote }}\nbin: {{ .Files.Get "conf/b.bin" | b64enc }}\nnone: {{ .Files.Get "../x" | quote }}\nlines: "{{ range .Files.Lines "conf/a.txt" }}{{ . }}{{ end }}"\nall: "{{ range $p, $_ := .Files.Glob "**" }}{{ $p }} {{ end }}"')}---\n${CONFIG('{{ (.Files.Glob "conf/*.txt").AsConfig | nindent 0 }}', 'files')}`,
    },
  },
  capabilities: {
    files: {
      'Chart.yaml': chartYaml('one', 'kubeVersion: ">=1.30.0-0"\n'),
      'templates/cm.yaml': CONFIG(
        'v: {{ .Capabilities.KubeVersion.Version }}\nminor: {{ .Capabilities.KubeVersion.Minor | quote }}\npdb: "{{ .Capabilities.APIVersions.Has "policy/v1" }}"\nno: "{{ .Capabilities.APIVersions.Has "none.test/v1" }}"\nkind: "{{ .Capabilities.APIVersions.Has "apps/v1/Deployment" }}"\nhelm: {{ .Capabilities.HelmVersion.Version | quote }}',
      ),
    },
  },
  'the whole list of API versions': {
    files: {
      'Chart.yaml': chartYaml('one'),
      'templates/cm.yaml': CONFIG('all: {{ .Capabilities.APIVersions | toJson | quote }}'),
    },
  },
  'values that a schema allows': {
    files: {
      'Chart.yaml': chartYaml('one'),
      'values.yaml': 'port: 80\n',
      'values.schema.json': '{"type":"object","properties":{"port":{"type":"integer","maximum":90}}}',
      'templates/cm.yaml': CONFIG('port: {{ .Values.port | quote }}'),
    },
    helm: { parameters: [{ name: 'port', value: '88', forceString: false }] },
    args: ['--set=port=88'],
  },
  'values that a schema refuses, not asked': {
    files: {
      'Chart.yaml': chartYaml('one'),
      'values.yaml': 'port: far too much\n',
      'values.schema.json': '{"type":"object","properties":{"port":{"type":"integer"}}}',
      'templates/cm.yaml': CONFIG('port: {{ .Values.port | quote }}'),
    },
    helm: { skipSchemaValidation: true },
    args: ['--skip-schema-validation'],
  },
  'several documents, empty ones and comments': {
    files: {
      'Chart.yaml': chartYaml('one'),
      'templates/many.yaml': `# first\n---\n${CONFIG('a: "1"', 'one')}---\n---\n# nothing\n---\n${CONFIG('b: "2"', 'two')}\n---\n{{- if false }}\n${CONFIG('c: "3"', 'three')}{{- end }}\n`,
      'templates/empty.yaml': '{{- if .Values.x }}\na: b\n{{- end }}\n',
    },
  },
  'kinds in the order of installation': {
    files: {
      'Chart.yaml': chartYaml('one'),
      ...Object.fromEntries(
        ['Service', 'Namespace', 'Ingress', 'ConfigMap', 'ClusterRole', 'Widget', 'APIService'].map((kind, index) => [
          `templates/${9 - index}.yaml`,
          `apiVersion: v1\nkind: ${kind}\nmetadata: {name: k${index}}\n`,
        ]),
      ),
    },
  },
  'a version with build metadata': {
    files: {
      'Chart.yaml': 'apiVersion: v2\nname: one\nversion: 1.2.3-rc.1+build.5\nappVersion: v1\nannotations: {a: b}\n',
      'templates/cm.yaml': CONFIG(
        'v: {{ .Chart.Version }}\nlabel: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}\nchart: {{ toJson .Chart | quote }}',
      ),
    },
  },
  'a chart of the first API version with requirements.yaml': {
    files: {
      'Chart.yaml': 'apiVersion: v1\nname: old\nversion: 0.1.0\n',
      'requirements.yaml':
        'dependencies:\n- {name: sub, version: 1.0.0, repository: "http://charts.invalid", alias: again}\n',
      'values.yaml': 'again: {size: old}\n',
      'templates/cm.yaml': CONFIG('a: b'),
      ...SUB('sub'),
    },
  },
  unicode: {
    files: {
      'Chart.yaml': chartYaml('one', 'description: "ünïcödé 日本語 🎉"\n'),
      'values.yaml': '日本: 語\nemoji: "🎉\\u00e9"\nline: "a\\u2028b"\n',
      'templates/日本.yaml': CONFIG(
        'd: {{ .Chart.Description | quote }}\nv: {{ toJson .Values | quote }}\nn: {{ len .Values.emoji | quote }}',
      ),
    },
    helm: { valuesObject: { more: 'ß€\u0085\u2028\ufeff\u007f' } },
    args: ['--set-json={"more":"ß€\\u0085\\u2028\\ufeff\\u007f"}'],
  },
  'big values': {
    files: {
      'Chart.yaml': chartYaml('one'),
      'values.yaml': `items:\n${Array.from({ length: 3000 }, (_, index) => `- {name: item-${index}, text: "${'x'.repeat(40)}"}`).join('\n')}\n`,
      'templates/cm.yaml': CONFIG(
        'sum: {{ toJson .Values.items | sha256sum }}\n{{- range .Values.items }}\n{{ .name }}: {{ .text }}\n{{- end }}',
      ),
    },
  },
  'file parameters': {
    files: {
      'Chart.yaml': chartYaml('one'),
      'conf/a,b.txt': 'with a comma\n{"x": 1}\n',
      'conf/bytes': Buffer.from([255, 0, 128]),
      'templates/cm.yaml': CONFIG(
        'a: {{ .Values.conf.text | quote }}\nb: {{ .Values.bytes | b64enc }}\nk: {{ kindOf .Values.conf.text }}',
      ),
    },
    helm: {
      fileParameters: [
        { name: 'conf.text', path: 'conf/a,b.txt' },
        { name: 'bytes', path: './conf/../conf/bytes' },
      ],
    },
    args: ['--set-file=conf.text=conf/a\\,b.txt', '--set-file=bytes=conf/bytes'],
  },
  'release, namespace and lookups': {
    files: {
      'Chart.yaml': chartYaml('one'),
      'templates/cm.yaml': CONFIG(
        'r: {{ toJson .Release | quote }}\nt: {{ toJson .Template | quote }}\nl: {{ lookup "v1" "Secret" "apps" "x" | toJson | quote }}\ndns: {{ getHostByName "localhost" | quote }}',
      ),
    },
    helm: { namespace: 'elsewhere', releaseName: 'other' },
    args: ['--namespace=elsewhere', '--name-template=other'],
  },
  'keys that are written twice: the last counts': {
    files: {
      'Chart.yaml': `${chartYaml('one')}description: one\ndescription: two\n`,
      'values.yaml': 'a: 1\na: 2\n',
      'templates/cm.yaml': `${CONFIG('x: first\nx: last')}  y: {{ .Values.a | quote }}\n`,
    },
  },
  'a Secret and a List': {
    files: {
      'Chart.yaml': chartYaml('one'),
      'templates/s.yaml':
        'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: {{ "x" | b64enc }}}\nstringData:\n  b: |\n    one\n    ---\n    two\n',
      'templates/list.yaml':
        'apiVersion: v1\nkind: ConfigMapList\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n',
    },
  },
}

/** [S002-15] The output equals that of `helm template` with the same options, object for object. */
describe.skipIf(helm === '')('a chart renders as helm renders it', () => {
  test.each(Object.entries(SITUATIONS))('%s', async (_, { files, helm: options = {}, args = [] }) => {
    const folder = await folderOf(files)
    try {
      const crds = args.includes('WITHOUT CRDS') ? [] : ['--include-crds']
      const wanted = await helmTemplate(folder.path, [...args.filter((arg) => arg !== 'WITHOUT CRDS'), ...crds])
      const rendered = await renderChart(folder.path, { helm: options })
      expect(rendered.problems).toEqual([])
      expect(objectsOf(rendered)).toEqual(objectsIn(wanted))
      expect(rendered.objects.length).toBeGreaterThan(0)
    } finally {
      await folder.remove()
    }
  })
})

async function withChart<T>(files: Files, run: (path: string) => Promise<T>): Promise<T> {
  const folder = await folderOf({ 'Chart.yaml': chartYaml('one'), ...files })
  try {
    return await run(folder.path)
  } finally {
    await folder.remove()
  }
}

const dataOf = (rendered: Awaited<ReturnType<typeof renderChart>>, index = 0): unknown =>
  (rendered.objects[index]?.object as { data?: unknown }).data

describe.skipIf(helm === '')('what is told to a chart', () => {
  const cluster = (version: string, ...apiVersions: string[]) => ({ version, apiVersions })
  const keyOf = (path: string, seen: ReturnType<typeof cluster>): Promise<string | undefined> =>
    renderChart(path, { cluster: seen }).then(({ sources }) => sources[0]?.key)

  test('a chart that never looks at the cluster keeps its key, whatever the cluster serves', () =>
    withChart({ 'templates/cm.yaml': CONFIG('a: b'), 'README.md': 'uses .Capabilities.APIVersions' }, async (path) => {
      expect(await keyOf(path, cluster('1.34.0', 'a/v1'))).toBe(await keyOf(path, cluster('1.35.0', 'a/v1', 'b/v1')))
    }))

  test.each([
    'securitycontextconstraints.yaml',
    'notice.yaml',
    'license-secret.yaml',
    'README.md',
  ])('the template %s is no prose: what it asks of the cluster is answered', (name) =>
    withChart({ [`templates/${name}`]: CONFIG('a: "{{ .Capabilities.APIVersions.Has "a/v1" }}"') }, async (path) => {
      expect(dataOf(await renderChart(path, { cluster: cluster('1.35.0', 'a/v1') }))).toEqual({ a: 'true' })
      expect(dataOf(await renderChart(path, { cluster: cluster('1.35.0', 'b/v1') }))).toEqual({ a: 'false' })
    }))

  test('one that asks for an API follows that API alone', () =>
    withChart({ 'templates/cm.yaml': CONFIG('a: "{{ .Capabilities.APIVersions.Has "a/v1" }}"') }, async (path) => {
      const key = await keyOf(path, cluster('1.35.0', 'a/v1'))
      expect(await keyOf(path, cluster('1.35.0', 'a/v1', 'b/v1'))).toBe(key)
      expect(await keyOf(path, cluster('1.35.0', 'b/v1'))).not.toBe(key)
      expect(await keyOf(path, cluster('1.36.0', 'a/v1'))).not.toBe(key)
    }))

  test.each([
    ['in the values', { values: 'x: "{{ .Capabilities.APIVersions }}"' }],
    ['in a parameter', { parameters: [{ name: 'x', value: 'x {{ .Capabilities.APIVersions }}', forceString: false }] }],
  ])('a question %s counts too', (_, options) =>
    withChart({ 'templates/cm.yaml': CONFIG('a: {{ tpl .Values.x . | quote }}') }, async (path) => {
      const { sources } = await renderChart(path, { helm: options, cluster: cluster('1.35.0', 'a/v1') })
      const other = await renderChart(path, { helm: options, cluster: cluster('1.35.0', 'b/v1') })
      expect(other.sources[0]?.key).not.toBe(sources[0]?.key)
      expect(JSON.stringify(other.objects)).toContain('b/v1')
    }))

  test.each([
    ['v1.30.2-gke.100', 'v1.30.2'],
    ['1.29', 'v1.29'],
    ['v1.31.1+k3s1', 'v1.31.1'],
  ])('the version %s is %s', (version, told) =>
    withChart({ 'templates/cm.yaml': CONFIG('v: {{ .Capabilities.KubeVersion.Version }}') }, async (path) => {
      expect(dataOf(await renderChart(path, { cluster: cluster(version) }))).toEqual({ v: told })
      expect(dataOf(await renderChart(path, { helm: { kubeVersion: version } }))).toEqual({ v: told })
    }))

  test('without a cluster the version is helm’s own', () =>
    withChart({ 'templates/cm.yaml': CONFIG('v: {{ .Capabilities.KubeVersion.Version }}') }, async (path) => {
      const { v } = dataOf(await renderChart(path, { cluster: cluster('') })) as { v: string }
      expect(v).toMatch(/^v1\.\d+/)
    }))

  test('a version that is none is refused', () =>
    withChart({ 'templates/cm.yaml': CONFIG('v: {{ .Capabilities.KubeVersion.Version }}') }, async (path) => {
      expect(await problemOf(renderChart(path, { helm: { kubeVersion: 'newest' } }))).toMatchObject({ code: 'HF2001' })
    }))

  test('variables of the build environment in parameters, not in values', () =>
    withChart(
      { 'templates/cm.yaml': CONFIG('p: {{ .Values.p }}\nv: {{ .Values.v }}\nd: {{ .Values.d }}') },
      async (path) => {
        const parameters = [
          { name: 'p', value: '$ARGOCD_APP_NAME-${ARGOCD_APP_NAMESPACE}', forceString: false },
          { name: 'd', value: '$$x$UNKNOWN', forceString: true },
        ]
        const rendered = await renderChart(path, { helm: { parameters, values: 'v: $ARGOCD_APP_NAME' } })
        expect(dataOf(rendered)).toEqual({ p: 'app-apps', v: '$ARGOCD_APP_NAME', d: '$x' })
      },
    ))

  test('each object names the template that made it', () =>
    withChart(
      {
        'templates/a.yaml': CONFIG('a: b'),
        'templates/deep/b.yaml': `${CONFIG('a: b', 'b1')}---\n${CONFIG('a: b', 'b2')}`,
        'crds/c.yaml':
          'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: as.x.test}\n',
        ...SUB('kid'),
      },
      async (path) => {
        const { objects } = await renderChart(path)
        const origins = objects.map(({ origin }) => `${origin.file.slice(path.length + 1)}:${origin.line}`)
        expect(origins.sort()).toEqual([
          'charts/kid/templates/cm.yaml:0',
          'crds/c.yaml:0',
          'templates/a.yaml:0',
          'templates/deep/b.yaml:0',
          'templates/deep/b.yaml:0',
        ])
      },
    ))
})

import { describe, expect, test } from 'vitest'
import { mentionsIn } from '../../../src/adapters/source/render/helm-capabilities.ts'

const ALL = { version: true, apis: 'all' }

describe('what a template asks of the cluster', () => {
  test.each([
    '{{ toJson .Capabilities }}',
    '{{ .Capabilities | toYaml }}',
    '{{ range $k, $v := .Capabilities }}{{ end }}',
    '{{ $c := .Capabilities }}{{ $c.APIVersions.Has "a/v1" }}',
    '{{ include "x" $.Capabilities }}',
    '{{ (index . "Capabilities").KubeVersion }}',
    '{{ index (pluck "Capabilities" . | first) "APIVersions" }}',
    '{{ with .Capabilities }}{{ toJson . }}{{ end }}',
    '{{ range .Capabilities.APIVersions }}{{ . }}{{ end }}',
    '{{ toJson . }}',
    '{{- . | toYaml | nindent 2 -}}',
    '{{ if true }}{{ toYaml . }}{{ end }}',
    '{{ with .Values.a }}{{ end }}{{ toPrettyJson   . }}',
    '{{ with .Values.a }}{{ toYaml $ }}{{ end }}',
    '{{ range $key, $value := $ }}{{ end }}',
    '{{ range $v := . }}{{ end }}',
    '{{ printf "%v" . }}',
    '{{ get $ (printf "%s%s" "Capa" "bilities") }}',
    '{{ index . (printf "%s%s" "Capa" "bilities") }}',
  ])('all of it: %s', (text) => expect(mentionsIn(text)).toEqual(ALL))
  test.each<[string, object]>([
    ['{{ .Capabilities.KubeVersion.Version }}', { version: true, apis: [] }],
    ['{{ ((.Capabilities).KubeVersion).Version }}', { version: true, apis: [] }],
    ['{{ .Capabilities.APIVersions.Has "a/v1" }}', { version: true, apis: ['a/v1'] }],
    ['{{ with .Values.labels }}{{ toYaml . | nindent 4 }}{{ end }}', { version: false, apis: [] }],
    ['{{ range .Values.a }}{{ if . }}{{ toYaml . }}{{ end }}{{ end }}', { version: false, apis: [] }],
    ['{{ define "x" }}{{ toYaml . }}{{ end }}', { version: false, apis: [] }],
    ['{{ include "x" . }}{{ tpl (toYaml .Values.a) $ }}{{ toYaml .Values }}', { version: false, apis: [] }],
    ['allowedCapabilities: ["*"]', { version: true, apis: [] }],
  ])('no more than that: %s', (text, expected) => expect(mentionsIn(text)).toEqual(expected))
  test.each([
    ['{{'.repeat(500_000)],
    ['{{ get get }}'.repeat(100_000)],
    [`{{ ${'get '.repeat(500_000)} }}`],
  ])('in no time', (text) => expect(mentionsIn(text).apis).toEqual([]))
})

// Helm charts: `helm template` as Argo CD calls it, on exactly the chart's files, without network and without secrets in
// its arguments.
import { HoldfastError, problem, type ProblemCode } from '../../../core/problem/index.ts'
import { canonicalJson } from '../../../core/kube/index.ts'
import { homeOf, type InputFile, nameOf } from '../files/input-file.ts'
import { shown } from '../git/address.ts'
import { substitute } from './build-environment.ts'
import { joinMentions, MentionReader, type Mentions, mentionsIn } from './helm-capabilities.ts'
import { filesBelow, inputAt } from './helm-closure.ts'
import { Dependencies } from './helm-dependencies.ts'
import { textsOf } from './helm-output.ts'
import { escapeCommas, parameterArguments, type ParameterArguments } from './helm-parameters.ts'
import { textsToMask } from './helm-secrets.ts'
import { ValueFiles } from './helm-values.ts'
import type { Planner, RenderContext } from './plan.ts'
import { type FilePlace, helmPlace, placedFailure } from './tool-place.ts'
import type { Workspace } from './workspace.ts'

const RELEASE = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const LONGEST_RELEASE = 53
const VERSION = /^\s*v?((?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+)(?![0-9])/

/** All that helm is called with. Paths are those of the working directory. */
interface Call {
  readonly cwd: string
  readonly options: readonly string[]
  readonly valueFiles: readonly string[]
  /** Text of `values` or `valuesObject`; '' = none. */
  readonly values: string
  readonly parameters: ParameterArguments
  readonly fileParameters: readonly { readonly name: string; readonly path: string }[]
}

const mentions = new MentionReader()

function wrong({ subject }: RenderContext, code: ProblemCode, message: string, action: string): HoldfastError {
  return new HoldfastError(problem(code, message, subject, action))
}

/** Helm would refuse the others too, in words that do not say where the name stands. */
function releaseOf(context: RenderContext): string {
  const { source, app } = context
  const name = source.helm.releaseName === '' ? app.name : source.helm.releaseName
  // Helm reads the name as a template.
  if (name.includes('{{')) return name
  if (RELEASE.test(name) && name.length <= LONGEST_RELEASE) return name
  const message = `${shown(name)} cannot be the name of a release: it may have ${LONGEST_RELEASE} small letters, digits, dots and dashes`
  throw wrong(context, 'HF2001', message, 'Set spec.source.helm.releaseName.')
}

/** `v1.30.2-gke.1` is 1.30.2 to charts. */
function kubeVersionOf(context: RenderContext): string {
  const { source, cluster } = context
  const written = source.helm.kubeVersion === '' ? cluster.version : source.helm.kubeVersion
  if (written === '') return ''
  const [, version] = VERSION.exec(written) ?? []
  if (version !== undefined) return version
  throw wrong(context, 'HF2001', `${shown(written)} is no Kubernetes version`, 'Correct spec.source.helm.kubeVersion.')
}

function clusterOptions(context: RenderContext, { version, apis }: Mentions): string[] {
  const { source, cluster } = context
  const known = source.helm.apiVersions.length > 0 ? source.helm.apiVersions : cluster.apiVersions
  const told = apis === 'all' ? known : known.filter((api) => apis.includes(api))
  const kube = version ? kubeVersionOf(context) : ''
  return [...(kube === '' ? [] : [`--kube-version=${kube}`]), ...told.map((api) => `--api-versions=${api}`)]
}

function plainOptions(context: RenderContext): string[] {
  const { helm } = context.source
  const namespace = helm.namespace === '' ? context.app.namespace : helm.namespace
  return [
    `--name-template=${releaseOf(context)}`,
    ...(namespace === '' ? [] : [`--namespace=${namespace}`]),
    ...(helm.skipCrds ? [] : ['--include-crds']),
    ...(helm.skipSchemaValidation ? ['--skip-schema-validation'] : []),
    ...(helm.skipTests ? ['--skip-tests'] : []),
  ]
}

/** JSON is YAML but for some characters that YAML does not take as they are. */
function valuesOf({ source }: RenderContext): string {
  const { values, valuesObject } = source.helm
  if (valuesObject === null) return values
  return canonicalJson(valuesObject).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The chart's own files and those that are brought for it, as they lie in the working directory. */
async function chartFiles(context: RenderContext, directory: string): Promise<readonly InputFile[]> {
  const { place } = context
  const own = await filesBelow(context, place)
  const { added, dropped } = await new Dependencies(context, own).files()
  const kept = own.filter(({ path }) => !dropped.has(path))
  const below = (path: string): string => (directory === '' ? path : `${directory}/${path}`)
  return [
    ...kept.map(({ path, id }) => inputAt(context, below(path), { file: [...place.path, path].join('/'), id })),
    ...added.map((file) => ({ ...file, path: below(file.path), read: () => file.read() })),
  ]
}

async function parameterFiles(context: RenderContext, values: ValueFiles): Promise<Map<string, InputFile>> {
  const found = new Map<string, InputFile>()
  for (const { name, path } of context.source.helm.fileParameters) found.set(name, await values.one(path))
  return found
}

function parametersOf({ source, environment }: RenderContext): RenderContext['source']['helm']['parameters'] {
  return source.helm.parameters.map((one) => ({ ...one, value: substitute(one.value, environment) }))
}

/** A folder of the working directory that no file of the source can lie in. */
async function freeFolder({ files }: RenderContext): Promise<string> {
  const names = new Set((await files.trees.entries(files.root)).map(({ name }) => name))
  let free = 'holdfast'
  while (names.has(free)) free += '-'
  return free
}

/** Helm reads this argument as a line of comma-separated values. */
function asRecord(path: string): string {
  return /[",\r\n]/.test(path) ? `"${path.replaceAll('"', '""')}"` : path
}

/** Puts the texts that are no files of the source into the working directory; answers the arguments that name them. */
async function argumentsOf(call: Call, work: Workspace, made: string): Promise<string[]> {
  const directory = await work.directory()
  const at = (path: string): string => `${directory}/${path}`
  const named = (path: string): string => escapeCommas(at(path).replaceAll('\\', '\\\\'))
  const values: string[] = []
  if (call.values !== '') {
    values.push(`${made}/values.yaml`)
    await work.write(`${made}/values.yaml`, call.values)
  }
  for (const [index, text] of call.parameters.texts.entries()) await work.write(`${made}/parameters/${index}`, text)
  return [
    ...call.options,
    ...[...call.valueFiles, ...values].map((path) => `--values=${asRecord(at(path))}`),
    ...call.parameters.args.map(({ flag, name, value }) =>
      typeof value === 'string'
        ? `${flag}=${name}=${value}`
        : `${flag}=${name}=${named(`${made}/parameters/${value.file}`)}`,
    ),
    ...call.fileParameters.map(({ name, path }) => `--set-file=${name}=${named(path)}`),
  ]
}

const VALUES = /(?:^|\/)values[^/]*\.(?:ya?ml|json)$/

async function masksFor(
  context: RenderContext,
  files: readonly InputFile[],
  call: Call,
): Promise<readonly string[] | null> {
  const values: string[] = [call.values]
  const manifests: string[] = []
  for (const file of files) {
    const isValues = VALUES.test(file.path) || call.valueFiles.includes(file.path)
    if (!isValues && !/\.(?:ya?ml|json|tpl)$/.test(file.path)) continue
    const text = (await file.read()).toString('utf8')
    if (isValues) values.push(text)
    manifests.push(text)
  }
  return textsToMask({ values, manifests, parameters: parametersOf(context), names: files.map(({ path }) => path) })
}

/** Names of made files mean nothing to the reader. */
function inWords(error: unknown, made: string, mount: string): unknown {
  if (!(error instanceof HoldfastError)) return error
  const { code, subject, action, message } = error.problem
  const words = message
    .replaceAll(`${made}/values.yaml`, 'spec.source.helm.values')
    .replaceAll(new RegExp(`${made}/parameters/\\d+`, 'g'), 'a parameter')
    .replaceAll(`${made}/refs/`, '$')
    .replaceAll(mount === '' ? `${made}/urls/` : `${mount}/`, '')
  return new HoldfastError(problem(code, words, subject, action), { cause: error.cause })
}

/** A value file by the name that words call it by. */
function placeOfFile(name: string, files: readonly InputFile[], { refs }: RenderContext): FilePlace | null {
  const file = files.find((one) => nameOf(one) === name)
  const home = file === undefined ? null : homeOf(file)
  if (home === null) return null
  const other = refs.get(home.ref)
  const { file: path } = home
  return other === undefined ? { file: path } : { file: path, repository: other.repository, revision: other.revision }
}

const unique = (files: readonly InputFile[]): InputFile[] =>
  [...new Map(files.map((file) => [file.path, file])).values()].sort((a, b) => (a.path < b.path ? -1 : 1))

export const planHelm: Planner = async (context) => {
  const { place, tools, limits } = context
  // What lies beside a chart must not lie in it: templates may list all its files.
  const mount = place.path.length === 0 ? 'chart' : ''
  const directory = place.path.length === 0 ? mount : place.path.join('/')
  const made = await freeFolder(context)
  const chart = await chartFiles(context, directory)
  const values = new ValueFiles(context, { mount, made })
  const valueFiles = await values.all()
  const fileParameters = await parameterFiles(context, values)
  const files = unique([...chart, ...valueFiles, ...fileParameters.values()])
  const text = valuesOf(context)
  const parameters = parametersOf(context)
  const mentioned = joinMentions([
    await mentions.of(files, limits),
    mentionsIn(text),
    ...parameters.map(({ value }) => mentionsIn(value)),
  ])
  const call: Call = {
    cwd: directory,
    options: [...plainOptions(context), ...clusterOptions(context, mentioned)],
    valueFiles: valueFiles.map(({ path }) => path),
    values: text,
    parameters: parameterArguments(parameters),
    fileParameters: [...fileParameters].map(([name, { path }]) => ({ name, path })),
  }
  const tool = await tools.find('helm')
  const below = new Set(chart.map(({ path }) => path.slice(directory.length + 1)))
  return {
    type: 'Helm',
    files,
    parts: [call],
    tools: [tool],
    problems: [],
    run: async (work) => {
      const args = ['template', '.', ...(await argumentsOf(call, work, made))]
      try {
        const output = await work.call(tool, { args, cwd: directory, secrets: () => masksFor(context, files, call) })
        return { texts: textsOf(output, { chart: place.path.join('/'), files: below }), problems: [] }
      } catch (error) {
        const chartPath = place.path.join('/')
        const placeOf = (path: string): FilePlace | null => placeOfFile(path, valueFiles, context)
        throw placedFailure(inWords(error, made, mount), (words) =>
          helmPlace(words, { chart: chartPath, below, placeOf }),
        )
      }
    },
  }
}

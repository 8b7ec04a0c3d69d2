// @ts-check
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ensureBinaries } from './binaries.mjs'
import { run } from './progress.mjs'

/** @typedef {{ version?: string, appVersion?: string }} PackageOptions in place of what Chart.yaml says */

/**
 * The real helm, with caches and configuration below `home` and nothing of the machine's.
 * @param {string} home
 * @throws {import('./binaries.mjs').BinariesUnavailable}
 */
export async function openHelm(home) {
  const { helm } = await ensureBinaries(['helm'])
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: home,
    HELM_CACHE_HOME: join(home, 'cache'),
    HELM_CONFIG_HOME: join(home, 'config'),
    HELM_DATA_HOME: join(home, 'data'),
  }
  /** @param {readonly string[]} args @returns {Promise<string>} what it printed, on either output */
  const call = async (...args) => {
    const { code, stdout, stderr } = await run(helm, args, { cwd: home, env })
    if (code !== 0) throw new Error(`helm ${args[0]} ended with ${code}: ${stderr.trim()}`)
    return `${stdout}${stderr}`
  }
  return {
    ...{ path: helm, env, call },
    /** @param {string} folder @param {string} into @param {PackageOptions} [options] @returns {Promise<string>} the archive's path */
    packageChart: async (folder, into, { version, appVersion } = {}) => {
      const set = [...(version ? ['--version', version] : []), ...(appVersion ? ['--app-version', appVersion] : [])]
      const printed = await call('package', folder, '--destination', into, ...set)
      const path = /saved it to: (.+\.tgz)/.exec(printed)?.[1]
      if (!path) throw new Error(`helm package did not say what it made: ${printed}`)
      return path
    },
  }
}

/**
 * Writes a chart to `<parent>/<name>`. Without `files` it holds one ConfigMap with the value `greeting`.
 * @param {string} parent
 * @param {{ name: string, version?: string, chart?: string, files?: Readonly<Record<string, string>> }} options
 *   `chart`: further lines of Chart.yaml; `files`: path → content, below the chart
 * @returns {Promise<string>} the folder
 */
export async function writeChart(parent, { name, version = '1.0.0', chart = '', files = SMALL_CHART }) {
  const folder = join(parent, name)
  const all = { 'Chart.yaml': `apiVersion: v2\nname: ${name}\nversion: ${version}\n${chart}`, ...files }
  for (const [path, content] of Object.entries(all)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  return folder
}

const SMALL_CHART = {
  'values.yaml': 'greeting: hello\n',
  'templates/configmap.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  greeting: {{ .Values.greeting | quote }}\n',
}

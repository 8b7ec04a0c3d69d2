// @ts-check
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** @typedef {'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kustomize' | 'helm' | 'jsonnet' | 'registry'} ToolName */
/**
 * @typedef {object} Tool
 * @property {string} module folder below tools/ whose go.mod pins it
 * @property {string} package Go package of its main
 * @property {string} [ldflags]
 * @property {readonly string[]} versionArgs
 * @property {RegExp} accepts what the version command must print for a copy found by chance (on PATH) to serve
 */

const KUBERNETES = 'v1.35.4'
const version = 'k8s.io/component-base/version'
const kubernetesFlags = `-s -w -X ${version}.gitVersion=${KUBERNETES} -X ${version}.gitMajor=1 -X ${version}.gitMinor=35`

/** @type {Readonly<Record<ToolName, Tool>>} */
export const TOOLS = {
  etcd: {
    module: 'controlplane',
    package: 'go.etcd.io/etcd/server/v3',
    versionArgs: ['--version'],
    accepts: /^etcd Version: 3\.[5-9]/,
  },
  'kube-apiserver': {
    module: 'controlplane',
    package: 'k8s.io/kubernetes/cmd/kube-apiserver',
    ldflags: kubernetesFlags,
    versionArgs: ['--version'],
    accepts: /^Kubernetes v1\.35\./,
  },
  'kube-controller-manager': {
    module: 'controlplane',
    package: 'k8s.io/kubernetes/cmd/kube-controller-manager',
    ldflags: kubernetesFlags,
    versionArgs: ['--version'],
    accepts: /^Kubernetes v1\.35\./,
  },
  kustomize: {
    module: 'render',
    package: 'sigs.k8s.io/kustomize/kustomize/v5',
    ldflags: '-s -w',
    versionArgs: ['version'],
    accepts: /^v5\./,
  },
  helm: {
    module: 'render',
    package: 'helm.sh/helm/v4/cmd/helm',
    ldflags: '-s -w',
    versionArgs: ['version', '--template', '{{.Version}}'],
    accepts: /^v4\./,
  },
  jsonnet: {
    module: 'render',
    package: 'github.com/google/go-jsonnet/cmd/jsonnet',
    ldflags: '-s -w',
    versionArgs: ['--version'],
    accepts: /Go implementation\) v0\.2/,
  },
  registry: {
    module: 'registry',
    package: 'github.com/distribution/distribution/v3/cmd/registry',
    ldflags: '-s -w',
    versionArgs: ['--version'],
    accepts: /distribution\/v3 v3\./,
  },
}

export const TOOL_NAMES = /** @type {ToolName[]} */ (Object.keys(TOOLS))
export const CONTROL_PLANE = /** @type {const} */ (['etcd', 'kube-apiserver', 'kube-controller-manager'])

/** @param {string} name @returns {name is ToolName} */
export function isToolName(name) {
  return Object.hasOwn(TOOLS, name)
}

/** @param {string} module folder below tools/ */
export function moduleDirectory(module) {
  return fileURLToPath(new URL(`./${module}/`, import.meta.url))
}

/** Folder outside the work tree that holds what was built from exactly this go.mod, go.sum and these flags. @param {ToolName} name */
export function cacheDirectory(name) {
  const { module } = TOOLS[name]
  const hash = createHash('sha256')
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(moduleDirectory(module), file)))
  for (const tool of Object.values(TOOLS))
    if (tool.module === module) hash.update(`${tool.package} ${tool.ldflags ?? ''}\n`)
  hash.update(`${process.platform} ${process.arch}`)
  return join(cacheRoot(), hash.digest('hex').slice(0, 16))
}

export function cacheRoot() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'holdfast', 'tools')
}

// Names under which the server records writers, and what they are. Data; the first row that fits wins.
// A name is what a client calls itself: its fieldManager, else its User-Agent up to the first `/`.
import type { ActorKind, Means, Mechanism } from './cause.ts'

export interface WriterRow {
  /** Exact, or with a `*` at one end. */
  readonly names: readonly string[]
  readonly operation?: 'Apply' | 'Update'
  readonly subresource?: string
  readonly means: Means
  readonly tool: string
  readonly kind: ActorKind
  readonly mechanism: Mechanism
}

const kubectl = (name: string, tool: string, kind: ActorKind = 'unknown'): WriterRow => ({
  names: [name],
  means: 'kubectl',
  tool,
  kind,
  mechanism: 'manual',
})

/** https://github.com/kubernetes/kubectl pkg/cmd: each command names its own fieldManager. */
const KUBECTL: readonly WriterRow[] = [
  // Opens an editor: nobody but a person closes it.
  kubectl('kubectl-edit', 'kubectl edit', 'person'),
  kubectl('kubectl-client-side-apply', 'kubectl apply'),
  { ...kubectl('kubectl', 'kubectl apply --server-side'), operation: 'Apply' },
  { ...kubectl('kubectl', 'kubectl scale'), subresource: 'scale' },
  kubectl('kubectl-patch', 'kubectl patch'),
  kubectl('kubectl-set', 'kubectl set'),
  kubectl('kubectl-annotate', 'kubectl annotate'),
  kubectl('kubectl-label', 'kubectl label'),
  kubectl('kubectl-rollout', 'kubectl rollout'),
  kubectl('kubectl-replace', 'kubectl replace'),
  kubectl('kubectl-create', 'kubectl create'),
  kubectl('kubectl-run', 'kubectl run'),
  kubectl('kubectl-expose', 'kubectl expose'),
  kubectl('kubectl-autoscale', 'kubectl autoscale'),
  kubectl('kubectl-taint', 'kubectl taint'),
  kubectl('kubectl-cordon', 'kubectl cordon'),
  kubectl('kubectl-drain', 'kubectl drain'),
  kubectl('kubectl-debug', 'kubectl debug'),
  kubectl('kubectl-auth', 'kubectl auth reconcile'),
  kubectl('kubectl-reconcile', 'kubectl auth reconcile'),
  { ...kubectl('kubectl*', 'kubectl'), names: ['kubectl', 'kubectl-*', 'kubectl.exe', 'oc', 'oc-*'] },
]

const console_ = (tool: string, ...names: string[]): WriterRow => ({
  names,
  means: 'console',
  tool,
  kind: 'person',
  mechanism: 'manual',
})

const CONSOLES: readonly WriterRow[] = [
  console_('Lens', 'Lens*', 'lens*', 'OpenLens*', 'Freelens*'),
  console_('k9s', 'k9s*'),
  console_('Headlamp', 'Headlamp*', 'headlamp*'),
  console_('Kubernetes Dashboard', 'dashboard', 'kubernetes-dashboard*', 'dashboard-api*'),
  console_('OpenShift console', 'openshift-console*', 'bridge'),
  console_('Octant', 'octant*'),
  console_('a browser', 'Mozilla*'),
  // Its controllers write under the same name as its pages.
  { ...console_('Rancher', 'rancher', 'Rancher*'), kind: 'unknown' },
]

const client = (tool: string, ...names: string[]): WriterRow => ({
  names,
  means: 'client',
  tool,
  kind: 'unknown',
  mechanism: 'manual',
})

/** What client libraries call themselves where the program does not: says nothing about who runs it. */
const CLIENTS: readonly WriterRow[] = [
  client('a client made with OpenAPI Generator (Python and others)', 'OpenAPI-Generator', 'Swagger-Codegen'),
  client('a Node.js client', 'node-fetch', 'node', 'undici', 'axios', 'kubernetes-client'),
  client('a Java client', 'okhttp', 'fabric8-kubernetes-client', 'Kubernetes Java Client'),
  client('a Go program', 'Go-http-client'),
  client('a .NET client', 'KubernetesClient'),
  client('a Ruby client', 'k8s-ruby', 'rest-client'),
  client('curl', 'curl'),
  client('a Python client', 'python-requests', 'Python-urllib', 'kr8s*', 'lightkube*', 'pykube*', 'kopf'),
]

const machine = (means: Means, mechanism: Mechanism, tool: string, ...names: string[]): WriterRow => ({
  names,
  means,
  tool,
  kind: 'machine',
  mechanism,
})

const PIPELINES: readonly WriterRow[] = [
  machine('pipeline', 'manual', 'GitHub Actions', 'github-actions*', 'actions-runner*'),
  machine('pipeline', 'manual', 'GitLab CI', 'gitlab-runner*', 'gitlab-ci*', 'gitlab-agent*'),
  machine('pipeline', 'manual', 'Jenkins', 'jenkins*', 'Jenkins*'),
  machine('pipeline', 'manual', 'Tekton', 'tekton*'),
  machine('pipeline', 'manual', 'Azure Pipelines', 'azure-pipelines*', 'azure-devops*'),
  machine('pipeline', 'manual', 'CircleCI', 'circleci*'),
  machine('pipeline', 'manual', 'Spinnaker', 'spinnaker*', 'clouddriver*'),
  // Run by hand as often as by a pipeline.
  { ...machine('pipeline', 'manual', 'Terraform', 'Terraform*', 'terraform*', 'HashiCorp*'), kind: 'unknown' },
  { ...machine('pipeline', 'manual', 'Pulumi', 'pulumi*'), kind: 'unknown' },
  { ...machine('pipeline', 'manual', 'Ansible', 'ansible*'), kind: 'unknown' },
  { ...machine('pipeline', 'manual', 'Skaffold', 'skaffold*'), kind: 'unknown' },
  { ...machine('pipeline', 'manual', 'kapp', 'kapp'), kind: 'unknown' },
]

const RESTORES: readonly WriterRow[] = [
  machine('restore', 'manual', 'Velero', 'velero*'),
  machine('restore', 'manual', 'Kasten K10', 'k10*', 'kasten*'),
  machine('restore', 'manual', 'Stash', 'stash*', 'kubestash*'),
]

const GITOPS: readonly WriterRow[] = [
  machine('gitops', 'controller', 'Argo CD', 'argocd-controller', 'argocd-application-controller', 'argocd*'),
  machine('gitops', 'controller', 'Flux kustomize-controller', 'kustomize-controller'),
  machine('gitops', 'controller', 'Flux helm-controller', 'helm-controller'),
  machine('gitops', 'controller', 'Flux', 'flux*', 'gotk*'),
  machine('gitops', 'controller', 'Fleet', 'fleetagent*', 'fleetcontroller*', 'fleet-agent*', 'fleet-controller*'),
  machine('gitops', 'controller', 'Config Sync', 'configsync*', 'config-sync*'),
  machine('gitops', 'controller', 'kapp-controller', 'kapp-controller*'),
  machine('gitops', 'controller', 'Sveltos', 'sveltos*', 'addon-controller*'),
]

const HELM: readonly WriterRow[] = [
  { names: ['helm', 'Helm*'], means: 'helm', tool: 'Helm', kind: 'unknown', mechanism: 'manual' },
]

const operator = (tool: string, ...names: string[]): WriterRow => machine('operator', 'controller', tool, ...names)

const CONTROLLERS: readonly WriterRow[] = [
  machine('controller', 'controller', 'kube-controller-manager', 'kube-controller-manager'),
  machine('controller', 'controller', 'kube-scheduler', 'kube-scheduler'),
  machine('controller', 'controller', 'kubelet', 'kubelet'),
  machine('controller', 'controller', 'the API server', 'kube-apiserver', 'apiextensions-apiserver'),
  machine('controller', 'controller', 'cloud-controller-manager', 'cloud-controller-manager*'),
  machine('autoscaler', 'controller', 'Vertical Pod Autoscaler', 'vpa-*', 'vertical-pod-autoscaler*'),
  machine('autoscaler', 'controller', 'KEDA', 'keda*'),
  machine('autoscaler', 'controller', 'Cluster Autoscaler', 'cluster-autoscaler*'),
  operator('cert-manager', 'cert-manager*', 'cainjector*'),
  operator('External Secrets Operator', 'external-secrets*', 'externalsecrets.external-secrets.io*'),
  operator('Sealed Secrets', 'sealed-secrets*'),
  operator('Vault Secrets Operator', 'vault-secrets-operator*'),
  operator('Istio', 'pilot-discovery', 'istiod', 'istio*'),
  operator('Linkerd', 'linkerd*'),
  operator('Kyverno', 'kyverno*', 'background-controller', 'reports-controller'),
  operator('Gatekeeper', 'gatekeeper*'),
  operator('Argo Rollouts', 'rollouts-controller', 'argo-rollouts*'),
  operator('Flagger', 'flagger*'),
  operator('Crossplane', 'crossplane*', 'apiextensions.crossplane.io*'),
  operator('Prometheus Operator', 'PrometheusOperator', 'prometheus-operator*'),
  operator('Reloader', 'Reloader', 'reloader*'),
  operator('Strimzi', 'strimzi*'),
  operator('Keel', 'keel*'),
  // What an operator's program is called where its makers did not change the scaffold.
  operator('an operator', 'manager', '*-operator', '*-controller', '*-controller-manager'),
]

/** Rows in the order in which they are tried. */
export const WRITERS: readonly WriterRow[] = [
  ...KUBECTL,
  ...CONSOLES,
  ...CLIENTS,
  ...HELM,
  ...GITOPS,
  ...PIPELINES,
  ...RESTORES,
  ...CONTROLLERS,
]

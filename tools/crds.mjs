#!/usr/bin/env node
// @ts-check
// Writes deploy/crds/: the argoproj.io kinds with all fields that Applications in the wild carry, so that nothing is pruned.
// `node tools/crds.mjs` after a change here; the files are committed.
import { writeFile } from 'node:fs/promises'
import { dump } from 'js-yaml'

/** @typedef {Record<string, any>} Schema */

/** @param {string} [description] @returns {Schema} */
const S = (description) => (description === undefined ? { type: 'string' } : { type: 'string', description })
/** @param {string} [description] @returns {Schema} */
const B = (description) => (description === undefined ? { type: 'boolean' } : { type: 'boolean', description })
/** @returns {Schema} */
const I = () => ({ type: 'integer', format: 'int64' })
/** @returns {Schema} */
const T = () => ({ type: 'string', format: 'date-time' })
/** @param {Record<string, Schema>} properties @param {readonly string[]} [required] @param {string} [description] @returns {Schema} */
const O = (properties, required, description) => ({
  type: 'object',
  ...(description === undefined ? {} : { description }),
  ...(required === undefined ? {} : { required }),
  properties,
})
/** @param {Schema} items @param {string} [description] @returns {Schema} */
const A = (items, description) => ({ type: 'array', ...(description === undefined ? {} : { description }), items })
/** @returns {Schema} */
const M = () => ({ type: 'object', additionalProperties: { type: 'string' } })
/** @param {string} [description] @returns {Schema} */
const FREE = (description) => ({
  type: 'object',
  ...(description === undefined ? {} : { description }),
  'x-kubernetes-preserve-unknown-fields': true,
})
const INT_OR_STRING = { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] }

const variables = () => A(O({ name: S(), value: S(), code: B() }, ['name', 'value']))
const named = () => A(O({ name: S(), value: S() }, ['name', 'value']))
const person = () => O({ automated: B(), username: S() })
const health = () => O({ status: S(), message: S(), lastTransitionTime: T() })
const retry = () => O({ limit: I(), refresh: B(), backoff: O({ duration: S(), factor: I(), maxDuration: S() }) })

const directory = () =>
  O({
    recurse: B(),
    include: S(),
    exclude: S(),
    disableExtensionFilter: B(),
    jsonnet: O({ extVars: variables(), tlas: variables(), libs: A(S()) }),
  })
const helm = () =>
  O({
    apiVersions: A(S()),
    fileParameters: A(O({ name: S(), path: S() })),
    ignoreMissingValueFiles: B(),
    kubeVersion: S(),
    namespace: S(),
    parameters: A(O({ name: S(), value: S(), forceString: B() })),
    passCredentials: B(),
    releaseName: S(),
    skipCrds: B(),
    skipSchemaValidation: B(),
    skipTests: B(),
    valueFiles: A(S()),
    values: S(),
    valuesObject: FREE(),
    version: S(),
  })
const patchTarget = () =>
  O({ annotationSelector: S(), group: S(), kind: S(), labelSelector: S(), name: S(), namespace: S(), version: S() })
const kustomize = () =>
  O({
    apiVersions: A(S()),
    commonAnnotations: M(),
    commonAnnotationsEnvsubst: B(),
    commonLabels: M(),
    components: A(S()),
    forceCommonAnnotations: B(),
    forceCommonLabels: B(),
    ignoreMissingComponents: B(),
    images: A(S()),
    kubeVersion: S(),
    labelIncludeTemplates: B(),
    labelWithoutSelector: B(),
    namePrefix: S(),
    nameSuffix: S(),
    namespace: S(),
    patches: A(
      O({
        options: { type: 'object', additionalProperties: { type: 'boolean' } },
        patch: S(),
        path: S(),
        target: patchTarget(),
      }),
    ),
    replicas: A(O({ name: S(), count: INT_OR_STRING }, ['name', 'count'])),
    version: S(),
  })
const plugin = () =>
  O({ name: S(), env: named(), parameters: A(O({ name: S(), string: S(), array: A(S()), map: M() })) })
const source = () =>
  O(
    {
      repoURL: S('Git repository, Helm repository or OCI registry.'),
      path: S('Directory below the root of the repository.'),
      targetRevision: S('Branch, tag, commit, HEAD, or a version range.'),
      tagPrefix: S('Tags considered by a version range.'),
      chart: S('Name of a Helm chart.'),
      ref: S('Name by which value files of other sources name this one.'),
      name: S(),
      directory: directory(),
      helm: helm(),
      kustomize: kustomize(),
      plugin: plugin(),
    },
    ['repoURL'],
  )
/** @param {string} [description] */
const destination = (description) =>
  O(
    {
      name: S('Name of the cluster; in-cluster is the one Holdfast is connected to.'),
      server: S('URL of the API server.'),
      namespace: S('Namespace of objects that name none.'),
    },
    undefined,
    description,
  )
const ignoreDifferences = () =>
  A(
    O(
      {
        group: S(),
        kind: S(),
        name: S(),
        namespace: S(),
        jsonPointers: A(S()),
        jqPathExpressions: A(S()),
        managedFieldsManagers: A(S()),
      },
      ['kind'],
    ),
    'Paths whose differences are not looked at.',
  )
const selected = () => A(O({ group: S(), kind: S(), name: S(), namespace: S() }, ['kind', 'name']))
const operation = () =>
  O(
    {
      info: named(),
      initiatedBy: person(),
      retry: retry(),
      sync: O({
        autoHealAttemptsCount: I(),
        dryRun: B(),
        manifests: A(S()),
        prune: B(),
        resources: selected(),
        revision: S(),
        revisions: A(S()),
        source: source(),
        sources: A(source()),
        syncOptions: A(S()),
        syncStrategy: O({ apply: O({ force: B() }), hook: O({ force: B() }) }),
      }),
    },
    undefined,
    'A sync to be run now; the controller takes it off.',
  )
const hydrator = () =>
  O({
    drySource: source(),
    hydrateTo: O({ targetBranch: S() }, ['targetBranch']),
    syncSource: O({ path: S(), repoURL: S(), targetBranch: S() }, ['path', 'targetBranch']),
  })
const namespaceMetadata = () => O({ labels: M(), annotations: M() })

const applicationSpec = () =>
  O(
    {
      project: S('AppProject that this application belongs to; empty means default.'),
      source: source(),
      sources: A(source()),
      sourceHydrator: hydrator(),
      destination: destination('Where the objects go.'),
      ignoreDifferences: ignoreDifferences(),
      info: named(),
      revisionHistoryLimit: I(),
      syncPolicy: O({
        automated: O(
          {
            enabled: B(),
            prune: B('Objects that left Git may be deleted.'),
            selfHeal: B('Changes made in the cluster may be reverted.'),
            allowEmpty: B('A revision that declares nothing may delete everything.'),
          },
          undefined,
          'Permissions to sync without being asked.',
        ),
        managedNamespaceMetadata: namespaceMetadata(),
        retry: retry(),
        syncOptions: A(S()),
      }),
    },
    ['project', 'destination'],
    'What is to be delivered, from where, and what may be done about it.',
  )
const synced = () =>
  O({
    revision: S(),
    revisions: A(S()),
    source: source(),
    sources: A(source()),
    managedNamespaceMetadata: namespaceMetadata(),
    resources: A(
      O({
        group: S(),
        version: S(),
        kind: S(),
        namespace: S(),
        name: S(),
        status: S(),
        message: S(),
        hookPhase: S(),
        hookType: S(),
        syncPhase: S(),
        images: A(S()),
      }),
    ),
  })
const applicationStatus = () =>
  O(
    {
      conditions: A(O({ type: S(), message: S(), lastTransitionTime: T() }, ['type', 'message'])),
      controllerNamespace: S(),
      health: health(),
      history: A(
        O(
          {
            id: I(),
            revision: S(),
            revisions: A(S()),
            deployStartedAt: T(),
            deployedAt: T(),
            initiatedBy: person(),
            source: source(),
            sources: A(source()),
          },
          ['id', 'deployedAt'],
        ),
      ),
      observedAt: T(),
      operationState: O({
        phase: S(),
        message: S(),
        startedAt: T(),
        finishedAt: { ...T(), nullable: true },
        retryCount: I(),
        operation: operation(),
        syncResult: synced(),
      }),
      reconciledAt: T(),
      resourceHealthSource: S(),
      resources: A(
        O({
          group: S(),
          version: S(),
          kind: S(),
          namespace: S(),
          name: S(),
          status: S(),
          health: health(),
          hook: B(),
          requiresPruning: B(),
          requiresDeletionConfirmation: B(),
          syncWave: I(),
        }),
      ),
      sourceHydrator: FREE(),
      sourceType: S(),
      sourceTypes: A(S()),
      summary: O({ externalURLs: A(S()), images: A(S()), isAppOfApps: B() }),
      sync: O(
        {
          status: S(),
          revision: S(),
          revisions: A(S()),
          comparedTo: O({
            destination: destination(),
            ignoreDifferences: ignoreDifferences(),
            source: source(),
            sources: A(source()),
          }),
        },
        ['status'],
      ),
    },
    undefined,
    'What the controller found and did.',
  )
/** @param {Record<string, Schema>} [more] */
const groupKinds = (more = {}) => A(O({ group: S(), kind: S(), ...more }, ['group', 'kind']))
const projectSpec = () =>
  O(
    {
      description: S(),
      sourceRepos: A(S(), 'Repositories that applications may use; globs, a leading ! denies.'),
      sourceNamespaces: A(S()),
      destinations: A(destination(), 'Clusters and namespaces that applications may deliver to.'),
      clusterResourceWhitelist: groupKinds({ name: S() }),
      clusterResourceBlacklist: groupKinds({ name: S() }),
      namespaceResourceWhitelist: groupKinds(),
      namespaceResourceBlacklist: groupKinds(),
      roles: A(
        O(
          {
            name: S(),
            description: S(),
            groups: A(S()),
            policies: A(S()),
            jwtTokens: A(O({ iat: I(), exp: I(), id: S() }, ['iat'])),
          },
          ['name'],
        ),
      ),
      signatureKeys: A(O({ keyID: S() }, ['keyID'])),
      sourceIntegrity: FREE(),
      orphanedResources: O({ warn: B(), ignore: A(O({ group: S(), kind: S(), name: S() })) }),
      permitOnlyProjectScopedClusters: B(),
      destinationServiceAccounts: A(
        O({ server: S(), namespace: S(), defaultServiceAccount: S() }, ['server', 'defaultServiceAccount']),
      ),
      syncWindows: A(
        O({
          kind: S(),
          schedule: S(),
          duration: S(),
          timeZone: S(),
          applications: A(S()),
          namespaces: A(S()),
          clusters: A(S()),
          andOperator: B(),
          manualSync: B(),
          syncOverrun: B(),
          description: S(),
        }),
      ),
    },
    undefined,
    'What the applications of this project may use and touch.',
  )

/** @param {string} description @param {Schema} spec @param {Record<string, Schema>} more @returns {Schema} */
const root = (description, spec, more) =>
  O({ apiVersion: S(), kind: S(), metadata: { type: 'object' }, spec, ...more }, ['metadata', 'spec'], description)
/** @param {string} name @param {string} jsonPath @param {number} [priority] */
const column = (name, jsonPath, priority) => ({
  name,
  type: 'string',
  jsonPath,
  ...(priority === undefined ? {} : { priority }),
})
/** @param {{ kind: string, plural: string, shortNames: string[], schema: Schema, columns?: object[] }} crd */
const definition = ({ kind, plural, shortNames, schema, columns }) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.argoproj.io`, labels: { 'app.kubernetes.io/part-of': 'argocd' } },
  spec: {
    group: 'argoproj.io',
    names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), shortNames },
    scope: 'Namespaced',
    // No status subresource: Argo CD's controllers and clients write status as a plain field.
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: schema },
        ...(columns === undefined ? {} : { additionalPrinterColumns: columns }),
      },
    ],
  },
})

const CRDS = {
  application: definition({
    kind: 'Application',
    plural: 'applications',
    shortNames: ['app', 'apps'],
    schema: root('An application: manifests of a Git repository, delivered to a cluster.', applicationSpec(), {
      operation: operation(),
      status: applicationStatus(),
    }),
    columns: [
      column('Sync Status', '.status.sync.status'),
      column('Health Status', '.status.health.status'),
      column('Revision', '.status.sync.revision', 10),
      column('Project', '.spec.project', 10),
    ],
  }),
  appproject: definition({
    kind: 'AppProject',
    plural: 'appprojects',
    shortNames: ['appproj', 'appprojs'],
    schema: root('A group of applications and what they are allowed.', projectSpec(), { status: FREE() }),
  }),
  applicationset: definition({
    kind: 'ApplicationSet',
    plural: 'applicationsets',
    shortNames: ['appset', 'appsets'],
    schema: root(
      'A template from which applications are made.',
      FREE('Generators and template, kept as they are written.'),
      { status: FREE() },
    ),
  }),
}

for (const [name, crd] of Object.entries(CRDS)) {
  await writeFile(new URL(`../deploy/crds/${name}.yaml`, import.meta.url), dump(crd, { noRefs: true, lineWidth: 120 }))
}

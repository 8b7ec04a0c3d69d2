import type { JsonMap } from '../../src/core/kube/index.ts'

const port = {
  type: 'object',
  required: ['port'],
  properties: {
    port: { type: 'integer' },
    protocol: { type: 'string', default: 'TCP' },
    name: { type: 'string' },
    options: { type: 'object', additionalProperties: { type: 'string' } },
  },
}

/** One schema with every kind of list and map; the second version holds some of them as atomic. */
function gadgetSchema(version: 'v1' | 'v2'): JsonMap {
  const changed = version === 'v2'
  return {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          replicas: { type: 'integer' },
          size: { 'x-kubernetes-int-or-string': true },
          ports: {
            type: 'array',
            items: port,
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['port', 'protocol'],
          },
          tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': changed ? 'atomic' : 'set' },
          args: { type: 'array', items: { type: 'string' } },
          labels: { type: 'object', additionalProperties: { type: 'string' } },
          selector: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: { type: 'string' } },
          free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          deep: {
            type: 'object',
            ...(changed ? { 'x-kubernetes-map-type': 'atomic' } : {}),
            properties: {
              a: { type: 'string' },
              b: { type: 'object', properties: { c: { type: 'integer' }, d: { type: 'boolean' } } },
            },
          },
        },
      },
      status: { type: 'object', properties: { replicas: { type: 'integer' } } },
    },
  }
}

export const GADGETS: JsonMap = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gadgets.merge.test' },
  spec: {
    group: 'merge.test',
    scope: 'Namespaced',
    names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList' },
    versions: (['v1', 'v2'] as const).map((name) => ({
      name,
      served: true,
      storage: name === 'v1',
      subresources: { scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } },
      schema: { openAPIV3Schema: gadgetSchema(name) },
    })),
  },
}

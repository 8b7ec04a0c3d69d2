// Which fields of built-in kinds are written, or left out, in spite of what their OpenAPI says?
import type { Json } from '../kube/index.ts'

/**
 * OpenAPI's `required` mostly says which fields the server's own types write even when they are empty; these are the
 * others, with what is written. `absent`: required, and left out all the same.
 */
const EXCEPTIONS: Readonly<Record<string, Readonly<Record<string, Json>>>> = {
  'io.k8s.api.apps.v1.ControllerRevision': { data: null },
  'io.k8s.api.apps.v1.StatefulSetSpec': { serviceName: '' },
  'io.k8s.api.apps.v1.StatefulSetStatus': { availableReplicas: 0 },
  'io.k8s.api.authentication.v1.TokenRequestSpec': { boundObjectRef: null, expirationSeconds: null },
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus': { currentMetrics: null },
  'io.k8s.api.core.v1.Event': {
    eventTime: null,
    firstTimestamp: null,
    lastTimestamp: null,
    reportingComponent: '',
    reportingInstance: '',
  },
  'io.k8s.api.discovery.v1.EndpointSlice': { ports: null },
  'io.k8s.api.events.v1.Event': { deprecatedFirstTimestamp: null, deprecatedLastTimestamp: null },
  'io.k8s.api.flowcontrol.v1.FlowSchemaSpec': { matchingPrecedence: 0 },
  'io.k8s.api.networking.v1.IPAddressSpec': { parentRef: 'absent' },
  'io.k8s.api.rbac.v1.ClusterRole': { rules: null },
  'io.k8s.api.rbac.v1.Role': { rules: null },
  'io.k8s.api.resource.v1.DeviceClaim': { requests: null },
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionStatus': {
    conditions: null,
    storedVersions: null,
  },
}

const NONE: Readonly<Record<string, Json>> = {}

export function writtenByException(component: string): Readonly<Record<string, Json>> {
  return Object.hasOwn(EXCEPTIONS, component) ? (EXCEPTIONS[component] ?? NONE) : NONE
}

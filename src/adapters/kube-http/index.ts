// The door to a real Kubernetes API server.
export { clusterConfig, connect, type Cluster, type ConnectOptions } from './connect.ts'
export type { ClusterConfig } from './config.ts'
export { inCluster, type InClusterOptions } from './in-cluster.ts'
export { loadKubeConfig, type KubeConfigOptions } from './kubeconfig.ts'
export type { RequestMetric } from './http.ts'

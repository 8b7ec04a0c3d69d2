// Live state from files, schemas from what is shipped: for comparisons without a cluster.
export { type FileCluster, fileCluster, type FileClusterOptions, type FileReader } from './file-cluster.ts'
export { type LiveFiles, type LiveFilesOptions, readLiveFiles } from './live-files.ts'
export { type Wanted, wantedFor } from './wanted.ts'

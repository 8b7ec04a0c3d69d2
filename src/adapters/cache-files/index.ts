// Bodies of objects in a folder that may be deleted at any time.
export { fileCache, type FileCache, type FileCacheOptions } from './cache.ts'

import { isDeeperThan } from '../definition/index.ts'
import { isMap } from '../kube/index.ts'

const MAX_DEPTH = 250
const MAX_NAME = 253

/** Characters that would leave the object's place in a URL; the server refuses them too. */
const NOT_IN_A_NAME = /[/%\s]/

function checkName(value: unknown, path: string): string | null {
  if (typeof value !== 'string') return `${path} must be a string`
  if (value.length > MAX_NAME) return `${path} is longer than ${MAX_NAME} characters`
  if (NOT_IN_A_NAME.test(value) || value === '.' || value === '..') return `${path} is not a valid name`
  return null
}

function checkStringMap(value: unknown, path: string): string | null {
  if (value === undefined || value === null) return null
  if (!isMap(value)) return `${path} must be a map`
  for (const [name, item] of Object.entries(value)) {
    if (item !== null && typeof item !== 'string') {
      return `${path}[${JSON.stringify(name)}] must be a string; put the value in quotes`
    }
  }
  return null
}

function checkMetadata(metadata: unknown): string | null {
  if (!isMap(metadata)) return 'metadata must be a map'
  for (const field of ['name', 'namespace', 'generateName']) {
    const value = metadata[field]
    const wrong = value === undefined || value === null ? null : checkName(value, `metadata.${field}`)
    if (wrong !== null) return wrong
  }
  return (
    checkStringMap(metadata.labels, 'metadata.labels') ?? checkStringMap(metadata.annotations, 'metadata.annotations')
  )
}

/** What in the envelope of this document cannot be used; null when it is a Kubernetes object. Names no values. */
export function checkEnvelope(value: unknown): string | null {
  if (!isMap(value)) return 'the document must be a map'
  for (const field of ['apiVersion', 'kind']) {
    const text = value[field]
    if (typeof text !== 'string' || text === '') return `${field} must be a string`
  }
  if (!/^([^/\s%]+\/)?[^/\s%]+$/.test(value.apiVersion as string)) return 'apiVersion must be version or group/version'
  if (isDeeperThan(value, MAX_DEPTH)) return `it is nested deeper than ${MAX_DEPTH} levels`
  return checkMetadata(value.metadata)
}

// YAML inside a string of another document: values of ConfigMaps and of annotations.
import type { ProblemCode } from '../problem/index.ts'
import { readYaml } from '../yaml/index.ts'
import { complain, type Field, isSet } from './field.ts'

/** The one document in this string, as a field of the same path; not set when it is empty or (with a problem) no YAML. */
function documentIn(field: Field, code: ProblemCode): Field {
  if (!isSet(field)) return { ...field, value: undefined }
  if (typeof field.value !== 'string') {
    complain(field, code, `${field.path} must be a string that holds YAML`)
    return { ...field, value: undefined }
  }
  const { documents, problems } = readYaml(field.value, { file: field.path })
  const [wrong] = problems
  if (wrong !== undefined) complain(field, code, `${field.path} is no YAML that can be used: ${wrong.message}`)
  else if (documents.length > 1) complain(field, code, `${field.path} holds several documents`)
  return { ...field, value: wrong === undefined && documents.length === 1 ? documents[0]?.value : undefined }
}

/** Codes that say that the document cannot be used as it is. */
const DECIDED_BY_DOCUMENT: readonly ProblemCode[] = ['HF2001']

/**
 * What `read` makes of the YAML in this string. Wrong fields in it are told with `code`: the text of a setting decides
 * otherwise about the document that it stands in than the document's own fields.
 */
export function readEmbedded<T>(field: Field, code: ProblemCode, read: (inner: Field) => T): T {
  const reading = { problems: [], subject: field.reading.subject } as Field['reading']
  const result = read(documentIn({ ...field, reading }, code))
  field.reading.problems.push(
    ...reading.problems.map((found) => (DECIDED_BY_DOCUMENT.includes(found.code) ? { ...found, code } : found)),
  )
  return result
}

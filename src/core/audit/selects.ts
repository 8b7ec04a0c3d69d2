// Would this deletecollection have deleted that object?
import type { Labels } from '../kube/index.ts'
import type { Fact } from './types.ts'

const SET = /^\s*([^\s!=,()]+)\s+(in|notin)\s*\(([^()]*)\)\s*$/
const EQUAL = /^\s*([^\s!=,()]+)\s*(==?|!=)\s*([^\s!=,()]*)\s*$/
const PRESENT = /^\s*(!?)\s*([^\s!=,()]+)\s*$/

/** At commas that stand in no parentheses. */
function parts(selector: string): readonly string[] {
  const found: string[] = []
  let from = 0
  let inside = false
  for (let at = 0; at < selector.length; at += 1) {
    const sign = selector[at]
    if (sign === '(') inside = true
    else if (sign === ')') inside = false
    else if (sign === ',' && !inside) {
      found.push(selector.slice(from, at))
      from = at + 1
    }
  }
  return [...found, selector.slice(from)]
}

const has = (labels: Labels, name: string): boolean => Object.hasOwn(labels, name)

function holdsInSet([, name = '', operator, values = '']: readonly string[], labels: Labels): boolean {
  const listed = has(labels, name) && values.split(',').some((value) => value.trim() === labels[name])
  return operator === 'in' ? listed : !listed
}

function holdsEqual([, name = '', operator, value]: readonly string[], labels: Labels): boolean {
  const same = has(labels, name) && labels[name] === value
  return operator === '!=' ? !same : same
}

function holds(requirement: string, labels: Labels): boolean {
  const set = SET.exec(requirement)
  if (set !== null) return holdsInSet(set, labels)
  const equal = EQUAL.exec(requirement)
  if (equal !== null) return holdsEqual(equal, labels)
  const present = PRESENT.exec(requirement)
  return present !== null && has(labels, present[2] ?? '') !== (present[1] === '!')
}

const selectsLabels = (selector: string, labels: Labels): boolean =>
  selector === '' || parts(selector).every((part) => holds(part, labels))

/** Only name and namespace can be known of what is gone; another field may or may not have been so. */
function selectsName(selector: string, { namespace, name }: { namespace: string; name: string }): boolean {
  const fields: Labels = { 'metadata.name': name, 'metadata.namespace': namespace }
  return parts(selector)
    .filter((part) => /^\s*metadata\.(?:name|namespace)\b/.test(part))
    .every((part) => holds(part, fields))
}

export interface DeletedObject {
  readonly namespace: string
  readonly name: string
  /** '' = not known. */
  readonly uid: string
  readonly labels: Labels
}

/** `proven`: the log names the object. */
export function deletedBy(fact: Fact, object: DeletedObject): 'proven' | 'possible' | 'no' {
  if (fact.items !== null) {
    const item = fact.items.find(({ name }) => name === object.name)
    if (item === undefined) return 'no'
    return object.uid === '' || item.uid === '' ? 'possible' : item.uid === object.uid ? 'proven' : 'no'
  }
  const { labels = '', fields = '' } = fact.selector ?? {}
  return selectsLabels(labels, object.labels) && selectsName(fields, object) ? 'possible' : 'no'
}

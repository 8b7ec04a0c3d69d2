// The heart: snapshot in, evaluation out. No waiting, no IO; what only a server can answer comes back as a question.
export { evaluate } from './evaluate.ts'
export { foldApp } from './fold.ts'
export { evaluatePod, mayDeviate, type PodSnapshot } from './pod.ts'
export { evaluateObject } from './object.ts'
export type * from './types.ts'

// What went wrong, said so that a person can act: the problem value, the error that carries it, and the catalogue of codes.
export { HoldfastError, isProblem, problem, toProblem, type Problem, type ProblemSubject } from './problem.ts'
export { type DeliveryFailure, deliveryFailureOf, type DeliveryReason, deliveryReasonOf } from './delivery-failure.ts'
export { CATALOGUE, type CatalogueEntry, type Disposition, type ProblemCode } from './catalogue.ts'

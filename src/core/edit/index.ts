// Which place of a source yields a value, and the smallest change of its text that yields another.
export { type Candidate, describeCandidate, type SourceText, type TextChange } from './candidate.ts'
export { imageCandidates, knownNames } from './image-candidates.ts'
export { formatImage, splitImage } from './image-name.ts'
export { describeUse, type ImageUse, imageUses, listed, usesMeant } from './image-uses.ts'
export { type ImageWish, parseImageWish, wished } from './image-wish.ts'
export { judge, type Judgement, type Wanted } from './judge.ts'

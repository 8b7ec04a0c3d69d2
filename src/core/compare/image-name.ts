// Which pull policy does the server choose for an image? (distribution's reference grammar; tried on API server 1.35)

const WORD = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?'
const HOST = `(?:${LABEL}(?:\\.${LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`
const ALGORITHM = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*'
const IMAGE = new RegExp(
  `^(?:${HOST}/)?${WORD}(?:/${WORD})*(?::(?<tag>\\w[\\w.-]{0,127}))?(?:@(?<digest>${ALGORITHM}:[0-9a-fA-F]{32,}))?$`,
)
/** Longer than any image that could be pulled. */
const MAX_LENGTH = 4096

/** An image without tag and digest, or tagged `latest`, is pulled each time; another, and what is no image name, once. */
export function pullPolicyOf(image: unknown): string | undefined {
  if (typeof image !== 'string') return undefined
  const found = image.length > MAX_LENGTH ? null : IMAGE.exec(image)
  if (found === null) return 'IfNotPresent'
  const { tag, digest } = found.groups ?? {}
  return tag === 'latest' || (tag === undefined && digest === undefined) ? 'Always' : 'IfNotPresent'
}

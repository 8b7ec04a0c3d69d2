// `app=registry/app:2`: which image somebody wants in whose place.
import { problem, type Problem } from '../problem/index.ts'
import { formatImage, imageFault, type ImageName, splitImage } from './image-name.ts'

export interface ImageWish {
  /** A container's name, or the image that is there now. */
  readonly key: string
  /** `repository` null = the one that is there. */
  readonly image: Omit<ImageName, 'repository'> & { readonly repository: string | null }
}

const PLACEHOLDER = 'repository'

function refusal(text: string, why: string): Problem {
  return problem('HF8001', `${JSON.stringify(text)}: ${why}`)
}

/** `[KEY=]IMAGE[:TAG][@DIGEST]`; without IMAGE, or with `*`, the one that is there keeps its repository. */
export function parseImageWish(text: string): ImageWish | Problem {
  const equals = text.indexOf('=')
  const written = text.slice(equals + 1)
  const keeps = /^\*?[:@]/.test(written)
  const name = splitImage(keeps ? PLACEHOLDER + written.replace('*', '') : written)
  const key = equals < 0 && !keeps ? name.repository : text.slice(0, Math.max(equals, 0))
  if (key === '') return refusal(text, 'it is not said whose image this is; write CONTAINER=IMAGE')
  const fault = imageFault(name)
  if (fault !== null) return refusal(text, fault)
  if (formatImage(name) === name.repository || /[:@]$/.test(written))
    return refusal(text, 'it has neither a tag nor a digest, so what it means would change without Git')
  return { key, image: { ...name, repository: keeps ? null : name.repository } }
}

/** What the wish makes of an image. */
export function wished({ image }: ImageWish, now: string): string {
  return formatImage({ ...image, repository: image.repository ?? splitImage(now).repository })
}

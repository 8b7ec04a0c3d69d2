// Which one place of a source gives an application another image? Found by rendering: before, and after each change.
import type { Rendered } from '../core/desired/index.ts'
import {
  type Candidate,
  describeCandidate,
  describeUse,
  formatImage,
  imageCandidates,
  type ImageUse,
  imageUses,
  type ImageWish,
  judge,
  type Judgement,
  knownNames,
  listed,
  type SourceText,
  splitImage,
  usesMeant,
  type Wanted,
  wished,
} from '../core/edit/index.ts'
import type { KubeObject } from '../core/kube/index.ts'
import { HoldfastError, isProblem, type Problem, problem, toProblem } from '../core/problem/index.ts'
import { problemSeverity } from '../core/record/index.ts'

/** A source that can be rendered as it would be after a change. */
export interface ChangeableSource {
  /** `change` null = as it lies there. */
  render(change: { readonly file: string; readonly text: string } | null): Promise<Rendered>
  /** What may be changed of it: the files that its render reads, as far as they are text of this work tree. */
  texts(rendered: Rendered): Promise<readonly SourceText[]>
  /** Others that read the file, by their names. */
  readersOf(file: string): Promise<readonly string[]>
}

export interface SetImageWish {
  readonly wish: ImageWish
  /** `kind/name` or a name; null = any. */
  readonly object: string | null
  /** May others be changed by it too? */
  readonly shared: boolean
}

export interface ImageChange {
  /** null = the image is what it should be. */
  readonly candidate: Candidate | null
  readonly images: readonly { readonly use: ImageUse; readonly to: string }[]
}

/** Each is a render. */
const MOST_TRIALS = 60

function refuse(...made: Parameters<typeof problem>): HoldfastError {
  return new HoldfastError(problem(...made))
}

const objectsOf = ({ objects }: Rendered): readonly KubeObject[] => objects.map(({ object }) => object)

function firstError({ problems }: Rendered): Problem | undefined {
  return problems.find(({ code }) => problemSeverity(code) === 'error')
}

interface Trial {
  readonly candidate: Candidate
  readonly judgement: Judgement
}

class Search {
  readonly #source: ChangeableSource
  readonly #before: readonly KubeObject[]
  readonly #wanted: readonly Wanted[]
  #noise: readonly KubeObject[] | null = null

  constructor(source: ChangeableSource, before: readonly KubeObject[], wanted: readonly Wanted[]) {
    this.#source = source
    this.#before = before
    this.#wanted = wanted
  }

  async try(candidate: Candidate): Promise<Trial> {
    try {
      const after = await this.#source.render(candidate)
      const wrong = firstError(after)
      if (wrong !== undefined) return { candidate, judgement: { outcome: 'wrong', others: [wrong.message] } }
      return { candidate, judgement: await this.#judge(objectsOf(after)) }
    } catch (error) {
      return { candidate, judgement: { outcome: 'wrong', others: [toProblem(error, 'HF1009').message] } }
    }
  }

  /** What differs each time is only asked for where something differs that should not. */
  async #judge(after: readonly KubeObject[]): Promise<Judgement> {
    const first = judge(this.#before, after, { wanted: this.#wanted, noise: this.#before })
    if (first.outcome !== 'wrong') return first
    this.#noise ??= objectsOf(await this.#source.render(null))
    return judge(this.#before, after, { wanted: this.#wanted, noise: this.#noise })
  }
}

function candidatesIn(texts: readonly SourceText[], uses: readonly ImageUse[], wish: ImageWish): Candidate[] {
  const images = [...new Set(uses.map(({ image }) => image))]
  return images.flatMap((image) => {
    const change = { from: splitImage(image), to: splitImage(wished(wish, image)) }
    return texts.flatMap((text) => imageCandidates(text, change))
  })
}

function reasonOf({ candidate, judgement }: Trial): string {
  const described = describeCandidate(candidate)
  if (judgement.outcome !== 'wrong') return described
  return `${described} would also change ${listed(judgement.others)}`
}

/** The one trial that does what is wanted. */
function chosen(trials: readonly Trial[], uses: readonly ImageUse[]): Candidate {
  const by = (outcome: Judgement['outcome']): readonly Trial[] =>
    trials.filter(({ judgement }) => judgement.outcome === outcome)
  const [first, second] = by('done')
  if (first !== undefined && second === undefined) return first.candidate
  const places = listed(uses.map(describeUse))
  if (first !== undefined)
    throw refuse('HF8003', `each of several places would do: ${listed(by('done').map(reasonOf))}`)
  const partly = by('partly')
  if (partly.length > 0)
    throw refuse('HF8003', `no one place changes all of ${places}; there are: ${listed(partly.map(reasonOf))}`)
  const wrong = by('wrong')
  if (wrong.length > 0)
    throw refuse('HF8004', `no place changes ${places} and nothing else: ${listed(wrong.map(reasonOf))}`)
  throw refuse('HF8004', `no file that is read says ${places} in a place that can be changed`)
}

/** Throws HF8002 to HF8005, and what a render throws. */
export async function findImageChange(
  source: ChangeableSource,
  { wish, object, shared }: SetImageWish,
): Promise<ImageChange> {
  const rendered = await source.render(null)
  const wrong = firstError(rendered)
  if (wrong !== undefined) throw new HoldfastError(wrong)
  const before = objectsOf(rendered)
  const texts = await source.texts(rendered)
  const uses = usesMeant(imageUses(before), wish, { object, names: knownNames(texts) })
  if (isProblem(uses)) throw new HoldfastError(uses)
  const images = uses.map((use) => ({ use, to: wished(wish, use.image) }))
  const different = images.filter(({ use, to }) => use.image !== to)
  if (different.length === 0) return { candidate: null, images }
  const wanted = different.map(({ use: { index, path }, to }) => ({ index, path, value: to }))
  const search = new Search(source, before, wanted)
  const trials: Trial[] = []
  const candidates = candidatesIn(
    texts,
    different.map(({ use }) => use),
    wish,
  )
  if (candidates.length > MOST_TRIALS)
    throw refuse(
      'HF8003',
      `${candidates.length} places say ${formatImage(splitImage(different[0]?.use.image ?? ''))} or a part of it`,
    )
  for (const candidate of candidates) trials.push(await search.try(candidate))
  const candidate = chosen(
    trials,
    different.map(({ use }) => use),
  )
  const readers = shared ? [] : await source.readersOf(candidate.file)
  if (readers.length > 0)
    throw refuse('HF8005', `${describeCandidate(candidate)} would change others too: ${listed(readers)}`, {
      file: candidate.file,
    })
  return { candidate, images: different }
}

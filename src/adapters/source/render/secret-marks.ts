// Whether a text holds a Secret, or what makes one: a manifest, a template of one, or either quoted in another text.

/** Space of YAML and JSON, and how it stands in quoted text. All is bounded: no text takes longer than its length. */
const GAP = String.raw`(?:\s|\\{1,8}[ntr]){0,40}`
/** What YAML lets stand before a value: a tag, an anchor, the mark of a block. */
const PROPERTY = String.raw`(?:(?:![^\s!,[\]{}]{0,40}|&[^\s!&,[\]{}]{1,40}|[|>][-+0-9]{0,2})${GAP}){0,4}`
const QUOTE = String.raw`\\{0,8}["']?`
const KIND = new RegExp(
  String.raw`kind${QUOTE}${GAP}:{1,3}${GAP}${PROPERTY}${QUOTE}(?:Secret(?:List|Generator)?(?![A-Za-z0-9])|\*)`,
)
const MAKER = /secretGenerator/i

/** `*x`: nobody looks up what an alias stands for; a text that has a Secret elsewhere is taken to mean it. */
export function mentionsSecret(text: string): boolean {
  if (!/secret/i.test(text)) return false
  if (MAKER.test(text)) return true
  const found = KIND.exec(text)
  return found !== null && (!found[0].endsWith('*') || /(?:^|[^A-Za-z0-9])Secret(?![A-Za-z0-9])/.test(text))
}

/** Of bytes in whatever encoding a reader of YAML takes. */
export function holdsSecretText(content: Buffer): boolean {
  return mentionsSecret(content.toString('latin1').replaceAll('\0', ''))
}

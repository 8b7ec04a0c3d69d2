// What a tool said, fit for people to read: no paths of the working directory, no secrets.

/** Shorter ones are replaced only where they stand alone: they would tear up other words. */
const SHORT = 4
/** Who asks for a render sees all of it; conditions tell the beginning. */
const MAX_WORDS = 16_000

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

/** The forms in which tools quote a text: as it is, as JSON and Go write it, line by line, in base64. */
function formsOf(secret: string): string[] {
  const lines = secret.split('\n').map((line) => line.trim())
  const quoted = JSON.stringify(secret).slice(1, -1)
  const base64 = Buffer.from(secret).toString('base64')
  return [secret, quoted, ...lines, base64, base64.replace(/=+$/, '')].filter((form) => form.trim() !== '')
}

/** `***` for every text of the list, in whatever form it is quoted. */
export function masked(text: string, mask: readonly string[]): string {
  const forms = [...new Set(mask.flatMap(formsOf))].sort((a, b) => b.length - a.length)
  if (forms.length === 0) return text
  const patterns = forms.map((form) =>
    form.length < SHORT ? `(?<![A-Za-z0-9_])${escaped(form)}(?![A-Za-z0-9_])` : escaped(form),
  )
  return text.replace(new RegExp(patterns.join('|'), 'g'), '***')
}

/** One message out of what a tool printed to stderr in its working directory. */
export function wordsOf(stderr: string, directory: string, mask: readonly string[]): string {
  const said = stderr.replaceAll(`${directory}/`, '').replaceAll(directory, '.').trim()
  // Masked before it is cut: half a secret is none that the list knows.
  return masked(said, mask).slice(0, MAX_WORDS)
}

/** Two spellings of one repository compare equal: case, `.git`, and `git@host:path` beside `ssh://git@host/path`. */
export function normalRepository(url: string): string {
  let text = url.trim().toLowerCase()
  if (!text.includes('://') && /^[^/@]+@[^/:]+:/.test(text)) text = text.replace(':', '/')
  if (text.startsWith('ssh://')) text = text.slice('ssh://'.length)
  return text.endsWith('.git') ? text.slice(0, -'.git'.length) : text
}

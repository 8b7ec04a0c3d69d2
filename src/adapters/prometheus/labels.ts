const LIMIT = 256
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g

/** A label value of bounded length that cannot disturb whoever reads the page in a terminal. */
export function label(value: string): string {
  const text = value.length > LIMIT ? `${value.slice(0, LIMIT - 1)}…` : value
  return text.replace(CONTROL, '\ufffd')
}

/** The repository without user and password. */
export function repoLabel(url: string): string {
  return label(url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1'))
}

/** 100–599 as it is; everything else, 0 included, is `error`. */
export function codeLabel(code: number): string {
  return Number.isInteger(code) && code >= 100 && code < 600 ? String(code) : 'error'
}

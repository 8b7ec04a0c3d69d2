/** What a command may do to its caller's terminal. */
export interface CliIo {
  out(text: string): void
  err(text: string): void
  exit(code: number): void
  /** All of standard input as text. */
  stdin(): Promise<string>
  /** The same, as it comes. */
  stdinBytes(): AsyncIterable<Uint8Array>
  readonly color: boolean
  /** Characters in a line of the terminal; null where there is none. */
  readonly columns: number | null
  readonly cwd: string
}

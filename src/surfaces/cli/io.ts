/** What a command may do to its caller's terminal. */
export interface CliIo {
  out(text: string): void
  err(text: string): void
  exit(code: number): void
  readonly color: boolean
  readonly cwd: string
}

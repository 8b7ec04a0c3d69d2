/** What a command may do to its caller's terminal. */
export interface CliIo {
  out(text: string): void
  err(text: string): void
  exit(code: number): void
  /** All of standard input as text. */
  stdin(): Promise<string>
  readonly color: boolean
  readonly cwd: string
}

/** Variables of the surrounding process, as `main` hands them in. */
export type Environment = Readonly<Record<string, string | undefined>>

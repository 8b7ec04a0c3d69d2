// Logs as JSON lines.
import { type DestinationStream, destination, type Logger, pino } from 'pino'
import type { Log } from '../../ports/log.ts'
import { redactText, redactValue } from './redact.ts'

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** Default stdout; commands whose answer goes to stdout log to stderr. */
  readonly to?: 'stdout' | 'stderr' | DestinationStream
}

function streamOf(to: NonNullable<LogOptions['to']>): DestinationStream {
  // Asynchronous: a slow reader of the pipe must not hold up the loop. pino writes what is left when the process exits.
  if (to === 'stdout' || to === 'stderr') return destination({ fd: to === 'stdout' ? 1 : 2, sync: false })
  return to
}

/** Own children instead of pino's: those trip over fields named like methods of Object. */
function logOf(logger: Logger, bound: object = {}): Log {
  const write =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (fields: object, message: string): void => {
      if (logger.isLevelEnabled(level))
        logger[level]({ ...bound, ...(redactValue(fields) as object) }, redactText(message))
    }
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (fields) => logOf(logger, { ...bound, ...(redactValue(fields) as object) }),
  }
}

/** One JSON object per line: `level`, `time` (ISO), `msg` and the fields, with secrets taken out. */
export function createLog({ level, to = 'stdout' }: LogOptions): Log {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  return logOf(pino(options, streamOf(to)))
}

// Property tests are the same in every run unless HOLDFAST_SEED asks for others (`random`, or a number).
import fc from 'fast-check'

const asked = process.env['HOLDFAST_SEED'] ?? '1'
if (asked !== 'random') fc.configureGlobal({ seed: Number(asked) })

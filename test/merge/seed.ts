/** Fixed in the ordinary run; `HOLDFAST_SEED` names another one, `random` a new one each time. */
const asked = process.env['HOLDFAST_SEED'] ?? '1'

export const SEED = asked === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(asked)
if (asked === 'random') console.info(`HOLDFAST_SEED=${SEED}`)

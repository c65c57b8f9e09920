const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** How long after each failed attempt the next is made: the schedule that Standard Webhooks proposes. */
const WAITS_MS = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR] as const;

/** Endpoints that went down together are not all tried again at one moment. */
const JITTER = 0.1;

/**
 * How long to wait after the n-th failure in a row, from 1; undefined: it has been tried for three days, and is tried no more.
 *
 * @param random in [0, 1)
 */
export function waitAfterMs(failures: number, random: number): number | undefined {
  const wait = WAITS_MS[failures - 1];
  return wait === undefined ? undefined : Math.round(wait * (1 + JITTER * (2 * random - 1)));
}

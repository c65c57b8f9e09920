/**
 * Bitmaps of who holds what: for each leaf (a tag, a tier, a stage of life, a band of the score) and each chunk of users one
 * row of bits. A user's number is the id, which comes from a sequence and is therefore dense; those who vanished leave holes.
 */

/** Users of a chunk: 1 KB of bits, a row that Postgres never moves out of its page. */
export const CHUNK_USERS = 8_192;
const CHUNK_SHIFT = 13;

/** SQL: the chunk and the place in it of a user's id, and a chunk of nobody. */
export const chunkOf = (user: string) => `(${user} >> ${CHUNK_SHIFT})::int`;
export const placeOf = (user: string) => `(${user} & ${CHUNK_USERS - 1})::int`;
export const userAt = (chunk: string, place: string) => `((${chunk}::bigint << ${CHUNK_SHIFT}) + ${place})`;
export const NOBODY = `0::bigint::bit(64)::bit(${CHUNK_USERS})`;

/**
 * SQL: users by the 64, as columns chunk, w and word of a group, and the bits of such words of a chunk. To set one bit of a whole
 * chunk at a time takes seven times as long.
 */
export const wordsOf = (user: string) =>
  `${chunkOf(user)} as chunk, ${placeOf(user)} >> 6 as w, bit_or(1::bigint << (63 - (${placeOf(user)} & 63))) as word`;
export const FROM_WORDS = `bit_or(word::bit(64)::bit(${CHUNK_USERS}) >> (w * 64))`;

/** Everybody with a first day, whether or not it lies ahead. */
export const POPULATION = "population";
/** Whose rows are of a day ahead of the instant at which their bits were set: bits say nothing of them. */
export const AHEAD = "ahead";
export const tagLeaf = (id: number) => `tag:${id}`;
export const tierLeaf = (schemeId: number, tier: string) => `tier:${schemeId}:${tier}`;
export const stageLeaf = (stage: string) => `stage:${stage}`;
export const bandLeaf = (definitionId: number, band: number) => `band:${definitionId}:${band}`;

/** Bands of a score, [0, 0.05), [0.05, 0.1) ... [0.95, 1]: a condition on a bound between two is answered by bits alone. */
export const BANDS = 20;
export const BAND_CUTS: readonly number[] = Array.from({ length: BANDS - 1 }, (_, i) => (i + 1) / BANDS);

/** Bands of [gte, lt): those that lie within it whole, and those that one of its ends cuts. */
export function bandsWithin(gte: number, lt: number): { readonly whole: number[]; readonly cut: number[] } {
  const whole: number[] = [];
  const cut: number[] = [];
  for (let band = 0; band < BANDS; band++) {
    const from = band === 0 ? 0 : BAND_CUTS[band - 1]!;
    const to = BAND_CUTS[band] ?? Number.POSITIVE_INFINITY;
    // The last band ends with 1 itself.
    const last = band === BANDS - 1;
    if (gte >= to || lt <= from || (last && gte > 1)) continue;
    if (gte <= from && (lt >= to || (last && lt > 1))) whole.push(band);
    else cut.push(band);
  }
  return { whole, cut };
}

/**
 * A stream of uniform numbers in [0, 1), each with 53 random bits, the same for the same seed on every machine.
 * xoshiro128** 1.1 (Blackman & Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47, 2021), its 128 bits of
 * state filled by a splitmix32 walk from the seed, as the authors advise.
 *
 * @param seed a safe integer
 * @throws RangeError when the seed is not a safe integer
 */
export function seededRandom(seed: number): () => number {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`A seed is a safe integer, not ${seed}.`);
  const fill = splitmix32((seed >>> 0) ^ Math.imul(Math.floor(seed / 0x1_0000_0000) | 0, 0x9e3779b9));
  let a = fill();
  let b = fill();
  let c = fill();
  let d = fill();
  const next32 = () => {
    const scrambled = Math.imul(b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  return () => ((next32() >>> 5) * 0x400_0000 + (next32() >>> 6)) / 0x20_0000_0000_0000;
}

/** Puts the indexes into a uniformly random order, in place (Durstenfeld 1964, the Fisher-Yates shuffle). */
export function shuffle(indexes: Int32Array, random: () => number): void {
  for (let last = indexes.length - 1; last > 0; last--) {
    const chosen = Math.floor(random() * (last + 1));
    const held = indexes[last]!;
    indexes[last] = indexes[chosen]!;
    indexes[chosen] = held;
  }
}

/** Steele, Lea & Flood 2014 ("Fast splittable pseudorandom number generators"), with the 32-bit finaliser of MurmurHash3. */
function splitmix32(start: number): () => number {
  let state = start | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x85ebca6b);
    mixed ^= mixed >>> 13;
    mixed = Math.imul(mixed, 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) | 0;
  };
}

import type { TagDefinition } from "./definition.js";
import type { Evidence } from "./holding.js";

/** The evidence of a decline in words. */
export function sentenceOf({ decline }: TagDefinition, { current, baseline, ratio }: Evidence): string {
  const words = {
    current: numberInWords(current),
    baseline: numberInWords(baseline),
    change: ratio === null ? "there was none before" : changeInWords(ratio),
  };
  const template = decline?.sentence ?? "{current} now, {baseline} before: {change}.";
  return template.replace(/\{(current|baseline|change)\}/g, (_, name: keyof typeof words) => words[name]);
}

/** At most two decimals, and only where they say something. */
function numberInWords(number: number | null): string {
  if (number === null) return "none";
  return String(Number(number.toFixed(2)));
}

function changeInWords(ratio: number): string {
  const percent = Math.round(Math.abs(1 - ratio) * 100);
  if (percent === 0) return "hardly a change";
  return ratio < 1 ? `a fall of ${percent} %` : `a rise of ${percent} %`;
}

/** Users are of like frequency when theirs lies between the same two powers of two; undefined below one event. */
export function frequencyBand(frequency: number): number | undefined {
  return frequency >= 1 ? Math.floor(Math.log2(frequency)) : undefined;
}

/** How the same two windows compare for users of like frequency. */
export interface Peers {
  readonly frequencyFrom: number;
  readonly frequencyTo: number;
  readonly users: number;
  readonly medianRatio: number;
  readonly shareFallenAsFar: number;
}

/** By band, the ratios (current over baseline) of users of that frequency, ascending. */
export function ratiosByBand(current: Float64Array, baseline: Float64Array, frequency: Float64Array): Map<number, Float64Array> {
  const found = new Map<number, number[]>();
  for (let user = 0; user < current.length; user++) {
    const band = frequencyBand(frequency[user]!);
    if (band === undefined || !(baseline[user]! > 0)) continue;
    // Nothing now (or an undefined mean of nothing) is as far as one can fall.
    const ratio = Number.isNaN(current[user]!) ? 0 : current[user]! / baseline[user]!;
    const ratios = found.get(band);
    if (ratios) ratios.push(ratio);
    else found.set(band, [ratio]);
  }
  return new Map([...found].map(([band, ratios]) => [band, Float64Array.from(ratios).sort()]));
}

export function peersOf(ratios: Float64Array, band: number, ratio: number): Peers {
  let asFar = 0;
  while (asFar < ratios.length && ratios[asFar]! <= ratio) asFar++;
  const middle = (ratios.length - 1) / 2;
  return {
    frequencyFrom: 2 ** band,
    frequencyTo: 2 ** (band + 1),
    users: ratios.length,
    medianRatio: (ratios[Math.floor(middle)]! + ratios[Math.ceil(middle)]!) / 2,
    shareFallenAsFar: asFar / ratios.length,
  };
}

/**
 * The class of a value among ascending cuts: 1 + the number of cuts that the value is above, so a value equal to a cut belongs
 * to the class below it. Every way of cutting (quantiles, equal width, fixed) uses this one rule.
 *
 * @returns 1 .. cuts.length + 1; NaN gets 0
 */
export function classOf(value: number, cuts: ArrayLike<number>): number {
  if (Number.isNaN(value)) return 0;
  let low = 0;
  let high = cuts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (value > cuts[middle]!) low = middle + 1;
    else high = middle;
  }
  return low + 1;
}

/** How many of the values fall into each class (see classOf): cuts.length + 1 counts, the lowest class first; NaN is left out. */
export function countByClass(values: ArrayLike<number>, cuts: ArrayLike<number>): number[] {
  const counts = new Array<number>(cuts.length + 1).fill(0);
  for (let i = 0; i < values.length; i++) {
    const place = classOf(values[i]!, cuts);
    if (place > 0) counts[place - 1]!++;
  }
  return counts;
}

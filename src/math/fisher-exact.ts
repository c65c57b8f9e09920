/**
 * Fisher's exact test of a table of two rows, (a, b) and (c, d): the two-sided p-value is the sum of the probabilities of all
 * tables with the same margins that are no more likely than this one (as R's fisher.test). Takes as many steps as the
 * smallest margin is large.
 */
export function fisherExact(a: number, b: number, c: number, d: number): number {
  const lowest = Math.max(0, a - d);
  const highest = Math.min(a + b, a + c);
  const margins =
    logFactorial(a + b) + logFactorial(c + d) + logFactorial(a + c) + logFactorial(b + d) - logFactorial(a + b + c + d);
  const logProbability = (cell: number) =>
    margins - logFactorial(cell) - logFactorial(a + b - cell) - logFactorial(a + c - cell) - logFactorial(d - a + cell);

  // Tables that are as likely as this one count, though rounding may show them a trace above it; R allows the same 1e-7.
  const threshold = logProbability(a) + 1e-7;
  let total = 0;
  for (let cell = lowest; cell <= highest; cell++) {
    const log = logProbability(cell);
    if (log <= threshold) total += Math.exp(log);
  }
  return Math.min(1, total);
}

/** ln n!: a product for small n, Stirling's series with three correction terms above (error under 1e-12 from 15 on). */
function logFactorial(n: number): number {
  if (n < 16) {
    let product = 1;
    for (let factor = 2; factor <= n; factor++) product *= factor;
    return Math.log(product);
  }
  const inverse = 1 / n;
  const correction = inverse * (1 / 12 - inverse ** 2 * (1 / 360 - inverse ** 2 * (1 / 1260 - inverse ** 2 / 1680)));
  return n * Math.log(n) - n + Math.log(2 * Math.PI * n) / 2 + correction;
}

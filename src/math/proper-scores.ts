/**
 * The mean squared distance of a probability from what happened (Brier 1950): 0 at best, p (1 - p) for always saying the
 * overall share p.
 */
export function brier(probabilities: Float64Array, labels: Uint8Array): number {
  let total = 0;
  for (let row = 0; row < probabilities.length; row++) total += (probabilities[row]! - labels[row]!) ** 2;
  return total / probabilities.length;
}

/** The mean negative log-likelihood in nats. Probabilities are clipped to [1e-15, 1 - 1e-15], so one wrong certainty costs 34.5. */
export function logLoss(probabilities: Float64Array, labels: Uint8Array): number {
  let total = 0;
  for (let row = 0; row < probabilities.length; row++) {
    const clipped = Math.min(Math.max(probabilities[row]!, 1e-15), 1 - 1e-15);
    total -= labels[row] === 1 ? Math.log(clipped) : Math.log1p(-clipped);
  }
  return total / probabilities.length;
}

/**
 * How much of the constant answer's Brier score is saved: 1 for certainty, 0 for no better than always answering the overall
 * share, negative for worse. NaN when only one label occurs.
 */
export function brierSkill(probabilities: Float64Array, labels: Uint8Array): number {
  const share = labels.reduce((sum, label) => sum + label, 0) / labels.length;
  return 1 - brier(probabilities, labels) / (share * (1 - share));
}

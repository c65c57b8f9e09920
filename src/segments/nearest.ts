const MOST_SUGGESTIONS = 3;

/** The known names that a mistyped one may have meant, the nearest first: by edit distance, or because one contains the other. */
export function nearest(name: string, known: Iterable<string>): string[] {
  const wanted = name.toLowerCase();
  const tolerated = Math.max(2, Math.floor(wanted.length / 3));
  const found: { candidate: string; distance: number }[] = [];
  for (const candidate of known) {
    const text = candidate.toLowerCase();
    const contains = wanted.length >= 3 && (text.includes(wanted) || wanted.includes(text));
    const distance = editDistance(wanted, text, tolerated);
    if (distance <= tolerated) found.push({ candidate, distance });
    else if (contains) found.push({ candidate, distance: tolerated + Math.abs(text.length - wanted.length) });
  }
  found.sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1));
  return found.slice(0, MOST_SUGGESTIONS).map(({ candidate }) => candidate);
}

/** Insertions, deletions, substitutions and swaps of neighbours; gives more than `most` as soon as that is certain. */
function editDistance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(changed, last[j]! + 1, row[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1);
      row.push(least);
    }
    if (Math.min(...row) > most) return most + 1;
    before = last;
    last = row;
  }
  return last[b.length]!;
}

/** "; did you mean a or b?", or nothing where no name is near. */
export function suggestion(name: string, known: Iterable<string>): string {
  const names = nearest(name, known).map((each) => JSON.stringify(each));
  return names.length === 0 ? "" : `; did you mean ${names.join(" or ")}?`;
}

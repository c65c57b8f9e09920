/** The names of a category column's numbers: the commonest first, so that trees, which ask whether a number is below another, divide off the common. */
export type Words = readonly string[];

/** More are one category, "other": a name that ten users have teaches nothing that holds. */
export const MOST_WORDS = 30;

/** Names by how often they occur, ties by the alphabet; knows nothing of the outcome, so it gives nothing of it away. */
export function wordsOf(texts: readonly (string | null)[]): Words {
  const counts = new Map<string, number>();
  for (const text of texts) if (text !== null) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts]
    .sort(([a, many], [b, few]) => few - many || (a < b ? -1 : 1))
    .slice(0, MOST_WORDS)
    .map(([text]) => text);
}

/** The numbers of texts: their places among the words, one more for any other text, NaN for none. */
export function codesOf(texts: readonly (string | null)[], words: Words): Float64Array {
  const places = new Map(words.map((word, place) => [word, place]));
  return Float64Array.from(texts, (text) => (text === null ? Number.NaN : (places.get(text) ?? words.length)));
}

/** What a number says; null where it says nothing. */
export function wordOf(code: number, words: Words): string | null {
  return Number.isNaN(code) ? null : (words[code] ?? "other");
}

import type { StoredState } from "./difference.js";
import type { Computed } from "./holding.js";

/*
 * A LIVE tag is computed whenever a user is carried forward. A SCHEDULED or MANUAL one keeps what it said until its next run: the run
 * sets `runAt` and marks everybody, and a user who stands at an earlier instant is then due.
 */

/** A computed tag that is not LIVE. */
export interface HeldTag {
  readonly id: number;
  readonly slot: number | null;
  /** The last run, in epoch ms; null: none yet. */
  readonly runAt: number | null;
}

/** Takes out of what was computed at `asOf`, and of what is stored, the values of held tags for users who are not due: those stay as they are. */
export function keepHeld(
  computed: Computed,
  stored: StoredState,
  tags: readonly HeldTag[],
  asOf: number,
): { readonly computed: Computed; readonly stored: StoredState } {
  if (tags.length === 0) return { computed, stored };
  const isDue = ({ runAt }: HeldTag, user: number) => {
    if (runAt === null) return false;
    const at = stored.asOfs[user]!;
    // Whoever came since waits for the next run, as everybody does.
    return Number.isNaN(at) ? runAt >= asOf : at < runAt;
  };
  const byId = new Map(tags.map((tag) => [tag.id, tag]));
  const numbers = [...computed.numbers];
  for (const tag of tags) {
    const column = tag.slot === null ? undefined : numbers[tag.slot];
    if (tag.slot === null || column === undefined) continue;
    numbers[tag.slot] = column.map((number, user) =>
      isDue(tag, user) ? number : (stored.numbers.get(user)?.[tag.slot!] ?? Number.NaN),
    );
  }
  const holdings = computed.holdings.map((holding) => {
    const tag = byId.get(holding.tagId);
    if (!tag) return holding;
    const places = [...holding.users.keys()].filter((place) => isDue(tag, holding.users[place]!));
    return {
      tagId: holding.tagId,
      users: Int32Array.from(places, (place) => holding.users[place]!),
      since: Float64Array.from(places, (place) => holding.since[place]!),
      evidence: holding.evidence && places.map((place) => holding.evidence![place]!),
      texts: holding.texts && places.map((place) => holding.texts![place]!),
    };
  });
  const { places, tagIds, sinces, isComputed, evidences, texts } = stored.assignments;
  const seen = [...tagIds.keys()].filter((row) => {
    const tag = byId.get(tagIds[row]!);
    return !tag || isDue(tag, places[row]!);
  });
  return {
    computed: { numbers, holdings },
    stored: {
      ...stored,
      assignments: {
        places: seen.map((row) => places[row]!),
        tagIds: seen.map((row) => tagIds[row]!),
        sinces: seen.map((row) => sinces[row]!),
        isComputed: seen.map((row) => isComputed[row]!),
        evidences: seen.map((row) => evidences[row]!),
        texts: seen.map((row) => texts[row]!),
      },
    },
  };
}

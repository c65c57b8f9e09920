/** Users that are worked on together, with the fastest way to name them in SQL and to find their places. */
export interface BatchOfUsers {
  readonly userIds: readonly string[];
  /** SQL that holds for these users; where they lie close together also for some in between, whose place is -1. */
  condition(column: string): string;
  /** Where a user stands in `userIds`; -1: nowhere. */
  placeOf(userId: number): number;
}

/** Users in a range of at most so many times as many ids are read as a range: an index or a whole table is then walked, not probed. */
const RANGE_SPREAD = 1.25;
/** A range of at most so many times as many ids gets a table of places. */
const TABLE_SPREAD = 64;

/** @param list how a list of ids is written in SQL */
export function batchOf(userIds: readonly string[], list: (ids: readonly string[]) => string): BatchOfUsers {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const userId of userIds) {
    const id = Number(userId);
    if (id < first) first = id;
    if (id > last) last = id;
  }
  const span = userIds.length === 0 ? 0 : last - first + 1;
  let placeOf: (userId: number) => number;
  if (span <= userIds.length * TABLE_SPREAD) {
    const places = new Int32Array(span).fill(-1);
    for (const [place, userId] of userIds.entries()) places[Number(userId) - first] = place;
    placeOf = (userId) => places[userId - first] ?? -1;
  } else {
    const places = new Map(userIds.map((userId, place) => [Number(userId), place]));
    placeOf = (userId) => places.get(userId) ?? -1;
  }
  const named = span > 0 && span <= userIds.length * RANGE_SPREAD ? `between ${first} and ${last}` : `= any(${list(userIds)})`;
  return { userIds, condition: (column) => `${column} ${named}`, placeOf };
}

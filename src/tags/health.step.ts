import type { Session } from "../store/pool.js";
import { type Distribution, distributionOf, driftOfHolders, driftSince } from "./drift.js";
import { readNumbers } from "./numbers.js";
import { tagCatalogue } from "./tag.loader.js";

/** Users whose numbers are looked at: of 20,000 the index is off by some 0.001 by chance, where 0.1 begins to mean something. */
const SAMPLE_USERS = 20_000;
/** "A month ago" is the refresh nearest to 30 days before, within these bounds. */
const MONTH = { days: 30, leastDays: 20, mostDays: 45 } as const;
const KEPT_DAYS = 365;

interface Earlier extends Distribution {
  readonly tagId: number;
  readonly asOf: Date;
}

/** Keeps how the values of each tag in use are distributed today, and says how far they have moved in a month. */
export async function refreshHealth(session: Session, asOf: Date): Promise<void> {
  const { tags } = await tagCatalogue(session);
  const inUse = tags.filter(({ state }) => state === "ACTIVE" || state === "DEPRECATED");
  const [population] = await session.read<{ users: string }>("select count(*) as users from app_user where first_seen_at < $1", [
    asOf,
  ]);
  const users = Number(population!.users);
  const sample = await readSample(session, asOf, users);
  const earlier = new Map((await readMonthAgo(session, asOf)).map((row) => [row.tagId, row]));
  const rows = inUse.map(({ id, revision, kind, slot, coverage }) => {
    const then = earlier.get(id);
    const compared = { drift_from: then?.asOf ?? null };
    if (kind === "METRIC" && slot !== null) {
      const values = new Float64Array(sample.length);
      for (let user = 0; user < values.length; user++) values[user] = sample[user]![slot] ?? Number.NaN;
      const drift = then ? driftSince(then, values) : null;
      return { tag_id: id, revision, ...distributionOf(values), drift, ...compared };
    }
    const held = Math.round((coverage ?? 0) * users);
    const counts = [users - held, held];
    return { tag_id: id, revision, cuts: [], counts, drift: then ? driftOfHolders(then.counts, counts) : null, ...compared };
  });
  await session.read(
    "delete from tag_refresh where as_of >= date_trunc('day', $1::timestamptz) and as_of <= $1 or as_of < $1::timestamptz - make_interval(days => $2)",
    [asOf, KEPT_DAYS],
  );
  await session.read(
    `insert into tag_refresh (tag_id, as_of, revision, cuts, counts, drift, drift_from)
     select tag_id, $2, revision, cuts, counts, drift, drift_from
     from jsonb_to_recordset($1::jsonb) as r (tag_id int, revision int, cuts jsonb, counts jsonb, drift float8, drift_from timestamptz)
     on conflict (tag_id, as_of) do nothing`,
    [JSON.stringify(rows), asOf],
  );
}

/** The numbers of every n-th user: the same ones from month to month, as far as they go. */
async function readSample(session: Session, asOf: Date, users: number): Promise<Float64Array[]> {
  const rows = await session.read<{ numbers: Buffer | null }>(
    `select array_send(m.numbers) as numbers from app_user u left join user_metric m on m.user_id = u.id
     where u.first_seen_at < $1 and u.id % $2 = 0 limit ${2 * SAMPLE_USERS}`,
    [asOf, Math.max(1, Math.ceil(users / SAMPLE_USERS))],
  );
  return rows.map(({ numbers }) => (numbers ? readNumbers(numbers) : new Float64Array(0)));
}

function readMonthAgo(session: Session, asOf: Date): Promise<Earlier[]> {
  return session.read<Earlier>(
    `select distinct on (r.tag_id) r.tag_id as "tagId", r.as_of as "asOf", r.cuts, r.counts
     from tag_refresh r join tag g on g.id = r.tag_id and g.revision = r.revision
     where r.as_of between $1::timestamptz - make_interval(days => $4) and $1::timestamptz - make_interval(days => $3)
     order by r.tag_id, abs(extract(epoch from $1::timestamptz - make_interval(days => $2) - r.as_of))`,
    [asOf, MONTH.days, MONTH.leastDays, MONTH.mostDays],
  );
}

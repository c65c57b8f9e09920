import type { Pool } from "../../src/store/pool.js";

/** An event as it is put straight into the tables, for tests of rooms behind the import. */
export interface PlainEvent {
  readonly user: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly amount: number | null;
}

/** Puts events, their daily roll-up and their users into an empty store. `type` is the key of a known event type. */
export async function insertEvents(pool: Pool, events: readonly PlainEvent[], type = "order"): Promise<Map<string, string>> {
  const users = [...new Set(events.map(({ user }) => user))].sort();
  const ids = new Map(users.map((user, i) => [user, String(i + 1)]));
  await pool.run("insert into source (key) values ('test') on conflict do nothing");
  await pool.run("insert into event_type (key, name, kind) values ($1, $1, 'TRANSACTION') on conflict do nothing", [type]);
  const columns = [
    events.map(({ user }) => ids.get(user)!),
    events.map(({ at }) => new Date(at).toISOString()),
    events.map(({ amount }) => amount?.toFixed(4) ?? null),
  ];
  await pool.run(
    `insert into event (user_id, occurred_at, id, type_id, source_id, amount, received_at)
     select e.user_id, e.at, nextval('event_number'), (select id from event_type where key = $4), (select id from source where key = 'test'), e.amount, e.at
     from unnest($1::bigint[], $2::timestamptz[], $3::numeric[]) as e (user_id, at, amount)`,
    [...columns, type],
  );
  await pool.run(
    `insert into event_day (user_id, day, type_id, events, amount, first_at, last_at)
     select user_id, (occurred_at at time zone 'UTC')::date, type_id, count(*), coalesce(sum(amount), 0), min(occurred_at), max(occurred_at)
     from event group by 1, 2, 3`,
  );
  await pool.run(
    `insert into app_user (id, first_seen_at, last_seen_at, created_at, updated_at)
     select user_id, min(occurred_at), max(occurred_at), min(occurred_at), min(occurred_at) from event group by 1`,
  );
  await pool.run(
    `insert into user_identity (external_id, source_id, user_id)
     select u.key, (select id from source where key = 'test'), u.id from unnest($1::text[], $2::bigint[]) as u (key, id)`,
    [[...ids.keys()], [...ids.values()]],
  );
  await pool.run("select setval('user_number', $1)", [users.length]);
  await pool.run("analyze");
  return ids;
}

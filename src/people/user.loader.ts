import DataLoader from "dataloader";
import { TidemarkError } from "../errors.js";
import { perRequest } from "../request.js";
import type { Session } from "../store/pool.js";
import { settingsOf } from "../store/setting.js";
import { sourceKey } from "./source.step.js";

export interface UserRow {
  readonly id: string;
  readonly firstSeenAt: Date | null;
  readonly lastSeenAt: Date | null;
  readonly channel: string | null;
  readonly lifecycleStage: string | null;
  readonly attributes: Record<string, unknown>;
}

/** What `UserRow` is read by, for statements of later rooms that read users themselves. */
export const USER_COLUMNS = `id, first_seen_at as "firstSeenAt", last_seen_at as "lastSeenAt", channel, lifecycle_stage as "lifecycleStage", attributes`;

/** The only user that is shown to the viewer, null where there is none of that name; undefined: any user is. */
export const ownUserId = perRequest(({ store, viewer }) => {
  const { self } = viewer;
  let promise: Promise<string | null> | undefined;
  return async (): Promise<string | null | undefined> => {
    if (!self) return undefined;
    promise ??= store.pool
      .lookup<{ id: string }>(
        `select distinct i.user_id as id from user_identity i join source s on s.id = i.source_id
         where i.external_id = $1 and ($2::text is null or s.key = $2) limit 2`,
        [self.externalId, self.source],
      )
      // Where several sources know that name, somebody else may be meant.
      .then((found) => (found.length === 1 ? found[0]!.id : null));
    return promise;
  };
});

export const userById = perRequest(
  (context) =>
    new DataLoader<string, UserRow | null>(async (asked) => {
      const { store } = context;
      const own = await ownUserId(context)();
      const ids = own === undefined ? asked : asked.filter((id) => id === own);
      const rows = await store.pool.lookup<UserRow>(`select ${USER_COLUMNS} from app_user where id = any($1::bigint[])`, [ids]);
      const byId = new Map(rows.map((row) => [row.id, row]));
      for (const [id, survivor] of await survivorsOf(
        store.pool,
        ids.filter((id) => !byId.has(id)),
      ))
        byId.set(id, survivor);
      return asked.map((id) => byId.get(id) ?? null);
    }),
);

/** Users by the ids of those that were merged into them. */
async function survivorsOf(session: Session, ids: readonly string[]): Promise<(readonly [string, UserRow])[]> {
  if (ids.length === 0) return [];
  const rows = await session.lookup<UserRow & { mergedId: string }>(
    `select m.user_id as "mergedId", ${USER_COLUMNS} from user_merge m join app_user u on u.id = m.survivor_id where m.user_id = any($1::bigint[])`,
    [ids],
  );
  return rows.map(({ mergedId, ...row }) => [mergedId, row] as const);
}

export interface MergedUserRow {
  readonly id: string;
  readonly mergedAt: Date;
  readonly by: string;
  readonly identifiers: readonly IdentifierRow[];
}

/** The users that were merged into each user, with the names that they had. */
export const mergedByUser = perRequest(
  ({ store }) =>
    new DataLoader<string, MergedUserRow[]>(async (ids) => {
      const rows = await store.pool.lookup<MergedUserRow & { survivorId: string }>(
        `select m.user_id as id, m.survivor_id as "survivorId", m.merged_at as "mergedAt", m.by_whom as by,
           (select coalesce(json_agg(json_build_object('source', s.key, 'externalId', k.external_id) order by s.key, k.external_id), '[]')
            from jsonb_populate_recordset(null::user_identity, m.kept -> 'from' -> 'user_identity') k join source s on s.id = k.source_id) as identifiers
         from user_merge m where m.survivor_id = any($1::bigint[]) order by m.merged_at, m.user_id`,
        [ids],
      );
      const byUser = Map.groupBy(rows, ({ survivorId }) => survivorId);
      return ids.map((id) => byUser.get(id) ?? []);
    }),
);

export interface ExternalKey {
  readonly externalId: string;
  /** Null: whichever source knows it, if only one user is meant. */
  readonly sourceId: number | null;
}

/** The user behind an external id; null where there is none, AMBIGUOUS_USER where several are meant. */
export const userByExternalId = perRequest((context) => {
  const { pool } = context.store;
  return new DataLoader<ExternalKey, UserRow | null, string>(
    async (keys) => {
      // The settings, which nearly everything that is asked of a user needs, travel along.
      const [rows] = await Promise.all([
        pool.lookup<UserRow & { externalId: string; sourceId: number }>(
          `select i.external_id as "externalId", i.source_id as "sourceId", ${USER_COLUMNS}
           from user_identity i join app_user u on u.id = i.user_id where i.external_id = any($1::text[])`,
          [[...new Set(keys.map(({ externalId }) => externalId))]],
        ),
        settingsOf(context).read(),
      ]);
      const byExternalId = Map.groupBy(rows, ({ externalId }) => externalId);
      const own = await ownUserId(context)();
      return Promise.all(
        keys.map(async ({ externalId, sourceId }) => {
          const known = (byExternalId.get(externalId) ?? []).filter(
            (row) => (sourceId === null || row.sourceId === sourceId) && (own === undefined || row.id === own),
          );
          if (new Set(known.map(({ id }) => id)).size > 1) {
            const names = (await Promise.all(known.map((row) => sourceKey(pool, row.sourceId)))).sort();
            return new TidemarkError(
              "AMBIGUOUS_USER",
              `Different users are called ${JSON.stringify(externalId)} by ${names.slice(0, 10).join(", ")}; name the source.`,
              { sources: names },
            );
          }
          return known[0] ?? null;
        }),
      );
    },
    { cacheKeyFn: ({ externalId, sourceId }) => `${sourceId} ${externalId}` },
  );
});

export interface IdentifierRow {
  readonly source: string;
  readonly externalId: string;
}

export const identifiersByUser = perRequest(
  ({ store }) =>
    new DataLoader<string, IdentifierRow[]>(async (ids) => {
      const rows = await store.pool.lookup<IdentifierRow & { userId: string }>(
        `select i.user_id as "userId", s.key as source, i.external_id as "externalId" from user_identity i join source s on s.id = i.source_id
         where i.user_id = any($1::bigint[]) order by s.key, i.external_id`,
        [ids],
      );
      const byUser = Map.groupBy(rows, ({ userId }) => userId);
      return ids.map((id) => byUser.get(id) ?? []);
    }),
);

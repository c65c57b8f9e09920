import type { Session } from "../store/pool.js";
import type { ThingKind } from "./access.js";
import type { AlertSubject } from "./alert.entity.js";
import { everyThing } from "./thing.step.js";

export interface Alert {
  /** In capitals, such as SEGMENT_SIZE_JUMP or MODEL_DRIFT. */
  readonly kind: string;
  readonly subjectType: AlertSubject;
  readonly subjectKey: string;
  /** A sentence with the figures, and what to look at. No person's data. */
  readonly message: string;
  /** The instant that was looked at: the same finding about the same instant is told once. */
  readonly at: Date;
}

export interface AlertRow extends Alert {
  readonly id: string;
}

/** Tells whoever asks for `alerts`. Within the transaction that found it, or on its own. */
export async function raiseAlert(session: Session, { kind, subjectType, subjectKey, message, at }: Alert): Promise<void> {
  await session.read(
    `insert into alert (xid, recorded_at, at, kind, subject_type, subject_key, message)
     values (pg_current_xact_id()::text::bigint, clock_timestamp(), $1, $2, $3, $4, $5)
     on conflict (kind, subject_type, subject_key, at) do nothing`,
    [at, kind, subjectType, subjectKey, message],
  );
}

export interface AlertQuestion {
  readonly subjectType: AlertSubject | null;
  readonly subjectKey: string | null;
  /** The only ones that are asked about; null: all. */
  readonly ids: readonly string[] | null;
  /** Only alerts that were raised before this one. */
  readonly beforeId: string | null;
  /** What the viewer may not read; nothing is told about it. */
  readonly hidden: readonly { readonly kind: ThingKind; readonly key: string }[];
  /** Ids of segments whose members the viewer may not see, and so not how their number moves. */
  readonly hiddenMembers: readonly number[];
  readonly limit: number;
}

/** The latest first. */
export async function readAlerts(
  session: Session,
  { subjectType, subjectKey, ids, beforeId, hidden, hiddenMembers, limit }: AlertQuestion,
): Promise<AlertRow[]> {
  return session.read<AlertRow>(
    `select id, at, kind, subject_type as "subjectType", subject_key as "subjectKey", message from alert
     where ($1::text is null or subject_type = $1) and ($2::text is null or subject_key = $2) and ($3::bigint is null or id < $3)
       and ($8::bigint[] is null or id = any($8))
       and not exists (select from unnest($5::text[], $6::text[]) as h (kind, key) where h.kind = subject_type and h.key = subject_key)
       and not (kind = 'SEGMENT_SIZE_JUMP' and subject_key in (select t.key from ${everyThing()} as t where t.kind = 'SEGMENT' and t.id = any($7::int[])))
     order by id desc limit $4`,
    [subjectType, subjectKey, beforeId, limit, hidden.map(({ kind }) => kind), hidden.map(({ key }) => key), hiddenMembers, ids],
  );
}

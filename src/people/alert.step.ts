import type { Session } from "../store/pool.js";
import type { AlertSubject } from "./alert.entity.js";

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
    `insert into alert (at, kind, subject_type, subject_key, message) values ($1, $2, $3, $4, $5)
     on conflict (kind, subject_type, subject_key, at) do nothing`,
    [at, kind, subjectType, subjectKey, message],
  );
}

export interface AlertQuestion {
  readonly subjectType: AlertSubject | null;
  readonly subjectKey: string | null;
  /** Only alerts that were raised before this one. */
  readonly beforeId: string | null;
  readonly limit: number;
}

/** The latest first. */
export async function readAlerts(
  session: Session,
  { subjectType, subjectKey, beforeId, limit }: AlertQuestion,
): Promise<AlertRow[]> {
  return session.read<AlertRow>(
    `select id, at, kind, subject_type as "subjectType", subject_key as "subjectKey", message from alert
     where ($1::text is null or subject_type = $1) and ($2::text is null or subject_key = $2) and ($3::bigint is null or id < $3)
     order by id desc limit $4`,
    [subjectType, subjectKey, beforeId, limit],
  );
}

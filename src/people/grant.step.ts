import { randomUUID } from "node:crypto";
import { TidemarkError } from "../errors.js";
import type { Session, Transaction } from "../store/pool.js";
import { writeSetting } from "../store/setting.js";
import type { GrantRight, ThingKind } from "./access.js";
import { departmentIdOf, unknownDepartment } from "./department.step.js";
import type { GrantState } from "./grant.entity.js";
import { everyThing, type ThingRow, writeVisibility } from "./thing.step.js";

export interface GrantRow {
  readonly id: number;
  readonly kind: ThingKind;
  readonly key: string;
  readonly name: string;
  /** Whose the thing is. */
  readonly owner: { readonly key: string; readonly name: string };
  /** Who asks, or has the right. */
  readonly department: { readonly key: string; readonly name: string };
  readonly right: GrantRight;
  readonly state: GrantState;
  readonly reason: string | null;
  readonly askedAt: Date;
  readonly askedBy: string;
  readonly decidedAt: Date | null;
  readonly decidedBy: string | null;
  readonly expiresAt: Date | null;
}

/*
 * REQUESTED -> GRANTED or DENIED, GRANTED -> REVOKED; sharing makes a GRANTED one at once. One that has run out by its expiresAt stays GRANTED and
 * counts no more; giving the right again sets a new end.
 */

const COLUMNS = `g.id, g.kind, t.key, t.name, t.department as owner, json_build_object('key', d.key, 'name', d.name) as department, g."right", g.state,
  g.reason, g.asked_at as "askedAt", g.asked_by as "askedBy", g.decided_at as "decidedAt", g.decided_by as "decidedBy", g.expires_at as "expiresAt"`;

function grantsJoined(): string {
  return `access_grant g join department d on d.id = g.department_id join ${everyThing()} as t on t.kind = g.kind and t.id = g.thing_id`;
}

export interface GrantQuestion {
  /** Only grants of this department, or on its things; null: any. */
  readonly department: string | null;
  readonly direction: "INCOMING" | "OUTGOING" | null;
  readonly state: GrantState | null;
  readonly beforeId: number | null;
  readonly limit: number;
}

/** The newest first. */
export async function readGrantRows(
  session: Session,
  { department, direction, state, beforeId, limit }: GrantQuestion,
): Promise<GrantRow[]> {
  return session.read<GrantRow>(
    `select ${COLUMNS} from ${grantsJoined()}
     where ($1::text is null or ($2::text is distinct from 'OUTGOING' and d.key = $1) or ($2::text is distinct from 'INCOMING' and t.owner = $1))
       and ($3::text is null or g.state = $3) and ($4::int is null or g.id < $4) order by g.id desc limit $5`,
    [department, direction, state, beforeId, limit],
  );
}

export async function grantById(session: Session, id: number): Promise<GrantRow | undefined> {
  const [found] = await session.read<GrantRow>(`select ${COLUMNS} from ${grantsJoined()} where g.id = $1`, [id]);
  return found;
}

export interface Wish {
  readonly thing: ThingRow;
  /** Key of the department that is to have the right. */
  readonly department: string;
  readonly right: GrantRight;
  readonly reason: string | null;
  readonly by: string;
}

/** Asks for a right; where it was asked for already, that is the one. */
export async function requestGrant(session: Session, wish: Wish, now: Date): Promise<GrantRow> {
  const id = await openGrant(session, wish, now);
  return (await grantById(session, id))!;
}

/** Gives a right without having been asked, or anew with another end. */
export async function giveGrant(
  transaction: Transaction,
  wish: Wish & { readonly expiresAt: Date | null },
  now: Date,
): Promise<GrantRow> {
  const id = await openGrant(transaction, wish, now);
  await decideGrant(transaction, { id, to: "GRANTED", by: wish.by, expiresAt: wish.expiresAt }, now);
  if (wish.thing.visibility === "PRIVATE") await writeVisibility(transaction, wish.thing, "SHARED");
  return (await grantById(transaction, id))!;
}

async function openGrant(session: Session, { thing, department, right, reason, by }: Wish, now: Date): Promise<number> {
  const departmentId = await departmentIdOf(session, department);
  if (departmentId === undefined) throw unknownDepartment(department, "with");
  if (department === thing.department.key)
    throw new TidemarkError("BAD_INPUT", `It belongs to the department ${department} already; name another one.`, { at: "with" });
  const [opened] = await session.read<{ id: number }>(
    `insert into access_grant (kind, thing_id, department_id, "right", state, reason, asked_at, asked_by)
     values ($1, $2, $3, $4, 'REQUESTED', $5, $6, $7)
     on conflict (kind, thing_id, department_id, "right") where state in ('REQUESTED', 'GRANTED') do update set reason = coalesce(excluded.reason, access_grant.reason)
     returning id`,
    [thing.kind, thing.id, departmentId, right, reason, now, by],
  );
  return opened!.id;
}

export interface Decision {
  readonly id: number;
  readonly to: Exclude<GrantState, "REQUESTED">;
  readonly by: string;
  readonly expiresAt: Date | null;
}

/** Every process learns of it by the version, in the same transaction. */
export async function decideGrant(transaction: Transaction, { id, to, by, expiresAt }: Decision, now: Date): Promise<void> {
  await transaction.read("update access_grant set state = $2, decided_at = $3, decided_by = $4, expires_at = $5 where id = $1", [
    id,
    to,
    now,
    by,
    expiresAt,
  ]);
  await writeSetting(transaction, "access", { version: randomUUID() });
}

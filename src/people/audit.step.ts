import { TidemarkError } from "../errors.js";
import type { RequestContext, Role, Viewer } from "../request.js";
import type { Session } from "../store/pool.js";
import { type AuditSubject, auditOutcome, auditSubject } from "./audit.js";

export interface AuditRow {
  readonly id: string;
  readonly at: Date;
  readonly viewerId: string;
  readonly name: string;
  readonly role: Role;
  readonly department: string | null;
  readonly operation: string;
  readonly subject: AuditSubject;
  readonly endedAt: Date | null;
  readonly codes: readonly string[];
  readonly rejected: number;
}

/**
 * Does a change between two notes: that it was begun, without which nothing is changed, and how it ended. A change whose process died on the way
 * keeps the first.
 */
export async function audited<T>(
  { store, viewer }: Pick<RequestContext, "store" | "viewer">,
  operation: string,
  args: Readonly<Record<string, unknown>>,
  work: () => T | Promise<T>,
): Promise<T> {
  const id = await beginAudit(store.pool, viewer, operation, auditSubject(args));
  try {
    const payload = await work();
    await endAudit(store.pool, id, auditOutcome(payload));
    return payload;
  } catch (error) {
    const code = error instanceof TidemarkError ? error.code : "INTERNAL";
    // What went wrong is what is told, even where this cannot be noted either.
    await endAudit(store.pool, id, { codes: [code], rejected: 0 }).catch(() => {});
    throw error;
  }
}

async function beginAudit(session: Session, viewer: Viewer, operation: string, subject: AuditSubject): Promise<string> {
  const { id: viewerId, name, role, department } = viewer;
  const [begun] = await session.read<{ id: string }>(
    `insert into audit (at, viewer_id, name, role, department, operation, subject, codes) values (now(), $1, $2, $3, $4, $5, $6, '{}') returning id`,
    [viewerId, name, role, department, operation, JSON.stringify(subject)],
  );
  return begun!.id;
}

async function endAudit(session: Session, id: string, { codes, rejected }: ReturnType<typeof auditOutcome>): Promise<void> {
  await session.read("update audit set ended_at = now(), codes = $2, rejected = $3 where id = $1", [id, codes, rejected]);
}

export interface AuditQuestion {
  readonly operation: string | null;
  readonly viewerId: string | null;
  readonly beforeId: string | null;
  readonly limit: number;
}

/** The latest first. */
export async function readAudit(session: Session, { operation, viewerId, beforeId, limit }: AuditQuestion): Promise<AuditRow[]> {
  return session.read<AuditRow>(
    `select id, at, viewer_id as "viewerId", name, role, department, operation, subject, ended_at as "endedAt", codes, rejected from audit
     where ($1::text is null or operation = $1) and ($2::text is null or viewer_id = $2) and ($3::bigint is null or id < $3)
     order by id desc limit $4`,
    [operation, viewerId, beforeId, limit],
  );
}

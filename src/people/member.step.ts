import { TidemarkError } from "../errors.js";
import type { Role } from "../request.js";
import type { Session } from "../store/pool.js";
import { hasBadCharacter } from "./clean.js";
import { departmentIdOf, unknownDepartment } from "./department.step.js";

export interface MemberRow {
  readonly id: number;
  readonly subject: string;
  readonly name: string;
  readonly role: Role;
  readonly department: string;
  readonly savedAt: Date;
  readonly savedBy: string;
  readonly removedAt: Date | null;
}

export type KnownMember = Pick<MemberRow, "name" | "role" | "department" | "removedAt">;

const COLUMNS = `id, subject, name, role, (select d.key from department d where d.id = department_id) as department, saved_at as "savedAt", saved_by as "savedBy", removed_at as "removedAt"`;
const LONGEST_TEXT = 255;

/** What the owner entered about whoever a token is of; undefined: nothing. */
export async function findMember(session: Session, subject: string): Promise<KnownMember | undefined> {
  const [found] = await session.lookup<MemberRow>(`select ${COLUMNS} from member where subject = $1`, [subject]);
  return found;
}

/** Enters a member, changes what they are, or takes one back who was removed. @throws TidemarkError BAD_INPUT or NOT_FOUND */
export async function saveMember(
  session: Session,
  { subject, name, role, department }: Pick<MemberRow, "subject" | "name" | "role" | "department">,
  by: string,
  now: Date,
): Promise<MemberRow> {
  for (const [at, text] of Object.entries({ subject, name }))
    if (text.trim() === "" || text.length > LONGEST_TEXT || hasBadCharacter(text))
      throw new TidemarkError("BAD_INPUT", `${at} has 1 to ${LONGEST_TEXT} characters, and no NUL byte or lone surrogate.`, {
        at,
      });
  const departmentId = await departmentIdOf(session, department);
  if (departmentId === undefined) throw unknownDepartment(department, "department");
  const [saved] = await session.read<MemberRow>(
    `insert into member (subject, name, role, department_id, saved_at, saved_by) values ($1, $2, $3, $4, $5, $6)
     on conflict (subject) do update set name = excluded.name, role = excluded.role, department_id = excluded.department_id,
       saved_at = excluded.saved_at, saved_by = excluded.saved_by, removed_at = null
     returning ${COLUMNS}`,
    [subject, name.trim(), role, departmentId, now, by],
  );
  return saved!;
}

/** Lets a member in no more, whatever their token claims; undefined: there is none. */
export async function removeMember(session: Session, subject: string, now: Date): Promise<MemberRow | undefined> {
  const [removed] = await session.read<MemberRow>(
    `update member set removed_at = coalesce(removed_at, $2) where subject = $1 returning ${COLUMNS}`,
    [subject, now],
  );
  return removed;
}

/** The newest first. */
export async function readMembers(session: Session, beforeId: number | null, limit: number): Promise<MemberRow[]> {
  return session.read<MemberRow>(`select ${COLUMNS} from member where $1::int is null or id < $1 order by id desc limit $2`, [
    beforeId,
    limit,
  ]);
}

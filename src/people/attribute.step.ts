import { randomUUID } from "node:crypto";
import { TidemarkError } from "../errors.js";
import type { Transaction } from "../store/pool.js";
import { writeSetting } from "../store/setting.js";
import type { AttributeType } from "./attribute.js";
import { hasBadCharacter } from "./clean.js";
import { departmentIdOf, unknownDepartment } from "./department.step.js";

export interface AttributeToSave {
  readonly key: string;
  readonly type: AttributeType;
  readonly personal: boolean;
  readonly description: string;
  readonly department: string;
}

const LONGEST_KEY = 100;
const LONGEST_DESCRIPTION = 2_000;
const MOST_ATTRIBUTES = 1_000;

/** Declares an attribute, or declares it anew; every process learns of it by the version. @throws TidemarkError with the field */
export async function saveAttribute(
  transaction: Transaction,
  { key, type, personal, description, department }: AttributeToSave,
  by: string,
  now: Date,
): Promise<void> {
  if (key === "" || key.length > LONGEST_KEY || hasBadCharacter(key))
    throw new TidemarkError("BAD_INPUT", `An attribute's key has 1 to ${LONGEST_KEY} well-formed characters.`, { at: "key" });
  if (description.length > LONGEST_DESCRIPTION || hasBadCharacter(description))
    throw new TidemarkError("TOO_LONG", `A description has at most ${LONGEST_DESCRIPTION} well-formed characters.`, {
      at: "description",
    });
  const departmentId = await departmentIdOf(transaction, department);
  if (departmentId === undefined) throw unknownDepartment(department, "department");
  const [room] = await transaction.read<{ full: boolean }>(
    "select count(*) >= $2 and not bool_or(key = $1) as full from attribute",
    [key, MOST_ATTRIBUTES],
  );
  if (room?.full) throw new TidemarkError("TOO_COMPLEX", `There are ${MOST_ATTRIBUTES} attributes already.`, { at: "key" });
  await transaction.read(
    `insert into attribute (key, type, personal, description, department_id, saved_at, saved_by) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (key) do update set type = excluded.type, personal = excluded.personal, description = excluded.description,
       department_id = excluded.department_id, saved_at = excluded.saved_at, saved_by = excluded.saved_by`,
    [key, type, personal, description, departmentId, now, by],
  );
  await writeSetting(transaction, "attributes", { version: randomUUID() });
}

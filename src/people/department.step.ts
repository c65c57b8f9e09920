import { TidemarkError } from "../errors.js";
import type { Session } from "../store/pool.js";

/** What is built in, and what names no other, belongs to it. */
export const COMPANY = "company";

const BUILT_IN = [
  [COMPANY, "Company"],
  ["marketing", "Marketing"],
  ["service", "Customer service"],
  ["product", "Product"],
] as const;

/** Departments that every store has; what is built in belongs to `company`. */
export async function seedDepartments(session: Session): Promise<void> {
  await session.read(
    "insert into department (key, name) select * from unnest($1::text[], $2::text[]) on conflict (key) do nothing",
    [BUILT_IN.map(([key]) => key), BUILT_IN.map(([, name]) => name)],
  );
}

export async function departmentIdOf(session: Session, key: string): Promise<number | undefined> {
  const [found] = await session.read<{ id: number }>("select id from department where key = $1", [key]);
  return found?.id;
}

export function unknownDepartment(key: string, at: string): TidemarkError {
  return new TidemarkError(
    "NOT_FOUND",
    `There is no department ${JSON.stringify(key.slice(0, 60))}; \`departments\` lists those there are.`,
    { at },
  );
}

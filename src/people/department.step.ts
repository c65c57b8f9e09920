import { randomUUID } from "node:crypto";
import { TidemarkError } from "../errors.js";
import type { Session, Transaction } from "../store/pool.js";
import { bumpCatalogues, writeSetting } from "../store/setting.js";

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

/** Makes or renames one. Its name stands in what every process keeps of tags and segments, which are told. */
export async function saveDepartment(
  transaction: Transaction,
  { key, name }: { readonly key: string; readonly name: string },
): Promise<{ key: string; name: string }> {
  const [saved] = await transaction.read<{ key: string; name: string }>(
    "insert into department (key, name) values ($1, $2) on conflict (key) do update set name = excluded.name returning key, name",
    [key, name],
  );
  for (const catalogue of ["tags", "segments"] as const) await writeSetting(transaction, catalogue, { version: randomUUID() });
  await bumpCatalogues(transaction);
  return saved!;
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

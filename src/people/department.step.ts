import type { Session } from "../store/pool.js";

const BUILT_IN = [
  ["company", "Company"],
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

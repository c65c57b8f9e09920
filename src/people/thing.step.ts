import type { Session } from "../store/pool.js";
import type { ThingKind, Visibility } from "./access.js";

/** What of a thing is known inside the company: its name, whose it is, and who may see it. */
export interface ThingRow {
  readonly kind: ThingKind;
  readonly id: number;
  readonly key: string;
  readonly name: string;
  readonly department: { readonly key: string; readonly name: string };
  readonly visibility: Visibility;
  /** It ships with Tidemark, and stays PUBLIC. */
  readonly isBuiltIn: boolean;
}

interface ThingTable {
  /** Constant SQL: rows of id, key, name, department (its key), visibility and built_in. */
  readonly rows: string;
  readonly table: string;
  /** Constant SQL: which rows of the table are as visible as the thing of id $1; that one alone where it is left out. */
  readonly follows?: string;
  /** Taken before a row is, where others who change such things do so too. */
  readonly lock?: (session: Session) => Promise<void>;
  /** Tells every process that what it keeps of them is old. */
  readonly changed: (session: Session) => Promise<void>;
}

const tables = new Map<ThingKind, ThingTable>();

/** Each room says beside its things where they stand. */
export function registerThing(kind: ThingKind, table: ThingTable): void {
  tables.set(kind, table);
}

/** All things of all kinds, as a subselect. */
export function everyThing(): string {
  const rows = [...tables].map(([kind, { rows }]) => `select '${kind}' as kind, r.* from (${rows}) as r`);
  return `(select t.kind, t.id, t.key, t.name, json_build_object('key', d.key, 'name', d.name) as department, d.key as owner, t.visibility, t.built_in
    from (${rows.join(" union all ")}) as t join department d on d.key = t.department)`;
}

export async function findThing(session: Session, kind: ThingKind, key: string): Promise<ThingRow | undefined> {
  const [found] = await session.read<ThingRow>(
    `select kind, id, key, name, department, visibility, built_in as "isBuiltIn" from ${everyThing()} as t where kind = $1 and key = $2`,
    [kind, key],
  );
  return found;
}

/** Those that are not everybody's to read. */
export async function guardedThings(session: Session): Promise<ThingRow[]> {
  return session.read<ThingRow>(
    `select kind, id, key, name, department, visibility, built_in as "isBuiltIn" from ${everyThing()} as t where visibility <> 'PUBLIC'`,
  );
}

export async function writeVisibility(session: Session, { kind, id }: ThingRow, visibility: Visibility): Promise<void> {
  const { table, follows, lock, changed } = tables.get(kind)!;
  await lock?.(session);
  await session.read(`update ${table} set visibility = $2 where (${follows ?? "id = $1"}) and visibility <> $2`, [
    id,
    visibility,
  ]);
  await changed(session);
}

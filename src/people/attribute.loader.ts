import { perRequest } from "../request.js";
import type { Session } from "../store/pool.js";
import { keptByVersion, readSetting, settingsOf } from "../store/setting.js";
import type { Declarations, DeclaredAttribute } from "./attribute.js";

export interface AttributeRow extends DeclaredAttribute {
  readonly description: string;
  readonly department: { readonly key: string; readonly name: string };
}

/** By key. */
export async function readAttributes(session: Session): Promise<ReadonlyMap<string, AttributeRow>> {
  const rows = await session.read<AttributeRow>(
    `select a.key, a.type, a.personal, a.description, json_build_object('key', d.key, 'name', d.name) as department
     from attribute a join department d on d.id = a.department_id`,
  );
  rows.sort((a, b) => (a.key < b.key ? -1 : 1));
  return new Map(rows.map((row) => [row.key, row]));
}

const kept = keptByVersion(readAttributes);
const NONE: ReadonlyMap<string, AttributeRow> = new Map();

/** All that are declared; without a statement where none ever was. */
export const attributesOfRequest = perRequest(async (context) => {
  const { attributes } = await settingsOf(context).read();
  return attributes === undefined ? NONE : kept(context.store.pool, attributes.version);
});

/** The same outside a request. */
export async function declaredAttributes(session: Session): Promise<Declarations> {
  const setting = await readSetting(session, "attributes");
  return setting === undefined ? NONE : kept(session, setting.version);
}

import type { Session } from "../store/pool.js";
import { LIBRARY } from "./library.js";
import { TAG_CONTENT } from "./record-revision.step.js";
import { bumpCatalogue } from "./tag.loader.js";

/**
 * Makes the built-in tags, and brings those up to date whose wording or definition has changed since. A METRIC tag keeps its slot for
 * ever: new ones are appended after the last that was ever given. What people changed (state, coverage) stays.
 */
export async function seedTags(session: Session): Promise<void> {
  const tags = LIBRARY.map(({ key, name, description, family, kind, valueType, unit, department, definition }, place) => ({
    place,
    key,
    name,
    description,
    family,
    kind,
    value_type: valueType,
    unit: unit ?? null,
    department,
    definition: definition ?? null,
  }));
  const [changed] = await session.read<{ count: number }>(
    `with library as (
       select l.*, d.id as department_id from jsonb_to_recordset($1::jsonb)
         as l (key text, name text, description text, family text, kind text, value_type text, unit text, department text, definition jsonb, place bigint)
       join department d on d.key = l.department
     ), fresh as (
       insert into tag (key, name, description, family, kind, value_type, unit, department_id, definition, built_in, slot, created_at, updated_at)
       select key, name, description, family, kind, value_type, unit, department_id, definition, true,
         case when kind = 'METRIC' then (select coalesce(max(slot), -1) from tag) + count(*) filter (where kind = 'METRIC') over (order by place) end,
         now(), now()
       from library where key not in (select key from tag) order by place
       on conflict (key) do nothing
       returning *
     ), moved as (
       insert into tag_lifecycle (tag_id, from_state, to_state, at, by_whom, reason)
       select id, null, 'ACTIVE', now(), 'Tidemark', 'built in' from fresh
       returning id
     ), changed as (
       update tag t set name = l.name, description = l.description, family = l.family, unit = l.unit, definition = l.definition,
         revision = t.revision + (t.definition is distinct from l.definition)::int, updated_at = now()
       from library l
       where t.key = l.key and t.built_in and t.kind = l.kind
         and (t.name, t.description, t.family, t.unit, t.definition) is distinct from (l.name, l.description, l.family, l.unit, l.definition)
       returning t.*
     ), revised as (
       insert into tag_revision (tag_id, revision, content, published_at, published_by, reason)
       select t.id, t.revision, ${TAG_CONTENT}, now(), 'Tidemark', 'built in' from (select * from fresh union all select * from changed) as t
       on conflict (tag_id, revision) do update set content = excluded.content
     )
     select ((select count(*) from moved) + (select count(*) from changed))::int as count`,
    [JSON.stringify(tags)],
  );
  if (changed!.count > 0) await bumpCatalogue(session);
}

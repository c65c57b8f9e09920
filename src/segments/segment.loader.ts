import type { Thing, Visibility } from "../people/access.js";
import type { Session } from "../store/pool.js";
import type { SegmentMode } from "./segment.entity.js";

export interface SegmentRow {
  readonly id: number;
  readonly key: string;
  readonly name: string;
  readonly expression: Record<string, unknown>;
  readonly department: { readonly key: string; readonly name: string };
  readonly visibility: Visibility;
  readonly revision: number;
  readonly mode: SegmentMode;
  readonly schedule: string | null;
  /** See segment.entity.ts. */
  readonly run: number;
  readonly ranRun: number;
  readonly alertShare: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** All of them, by key. */
export function readSegments(session: Session): Promise<SegmentRow[]> {
  return session.read<SegmentRow>(
    `select s.id, s.key, s.name, s.expression, json_build_object('key', d.key, 'name', d.name) as department, s.visibility, s.revision, s.mode, s.schedule,
       s.run, s.ran_run as "ranRun", s.alert_share as "alertShare",
       s.created_at as "createdAt", s.updated_at as "updatedAt"
     from segment s join department d on d.id = s.department_id order by s.key`,
  );
}

export function thingOfSegment({ id, department, visibility }: Pick<SegmentRow, "id" | "department" | "visibility">): Thing {
  return { kind: "SEGMENT", id, department, visibility };
}

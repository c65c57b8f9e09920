import DataLoader from "dataloader";
import { perRequest } from "../request.js";

export interface DepartmentRow {
  readonly id: number;
  readonly key: string;
  readonly name: string;
}

export const departmentById = perRequest(
  ({ store }) =>
    new DataLoader<number, DepartmentRow | null>(async (ids) => {
      const rows = await store.pool.read<DepartmentRow>("select id, key, name from department where id = any($1::int[])", [ids]);
      const byId = new Map(rows.map((row) => [row.id, row]));
      return ids.map((id) => byId.get(id) ?? null);
    }),
);

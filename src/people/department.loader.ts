import type { Session } from "../store/pool.js";

interface DepartmentRow {
  readonly id: number;
  readonly key: string;
  readonly name: string;
}

export function departments(session: Session): Promise<DepartmentRow[]> {
  return session.read<DepartmentRow>("select id, key, name from department order by key");
}

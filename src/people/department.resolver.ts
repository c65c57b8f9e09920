import { Ctx, Query, Resolver } from "type-graphql";
import type { RequestContext } from "../request.js";
import type { DepartmentRow } from "./department.loader.js";
import { Department } from "./department.type.js";

@Resolver()
export class DepartmentResolver {
  @Query(() => [Department])
  departments(@Ctx() { store }: RequestContext): Promise<DepartmentRow[]> {
    return store.pool.read<DepartmentRow>("select id, key, name from department order by key");
  }
}

import { Ctx, Query, Resolver } from "type-graphql";
import type { RequestContext } from "../request.js";
import { departments } from "./department.loader.js";
import { Department } from "./department.type.js";

@Resolver()
export class DepartmentResolver {
  @Query(() => [Department], { description: "The departments that tags, segments, models and tier schemes belong to." })
  departments(@Ctx() { store }: RequestContext): Promise<Department[]> {
    return departments(store.pool);
  }
}

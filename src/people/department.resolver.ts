import { Arg, Ctx, Mutation, Query, Resolver } from "type-graphql";
import type { UserError } from "../page.js";
import type { RequestContext } from "../request.js";
import { hasBadCharacter } from "./clean.js";
import { departments } from "./department.loader.js";
import { saveDepartment } from "./department.step.js";
import { Department, DepartmentPayload } from "./department.type.js";

const LONGEST_NAME = 200;

@Resolver()
export class DepartmentResolver {
  @Query(() => [Department], { description: "The departments that tags, segments, models and tier schemes belong to." })
  departments(@Ctx() { store }: RequestContext): Promise<Department[]> {
    return departments(store.pool);
  }

  @Mutation(() => DepartmentPayload, { description: "Makes a department, or gives the one of that key another name." })
  async saveDepartment(
    @Ctx() { store }: RequestContext,
    @Arg("key", () => String, { description: "Lower case letters, digits and underscores; stays as it is for ever." })
    key: string,
    @Arg("name", () => String) name: string,
  ): Promise<{ department: Department | null; errors: UserError[] }> {
    const refused = (message: string, field: string) => ({
      department: null,
      errors: [{ code: "BAD_INPUT", message, path: [field] }],
    });
    if (!/^[a-z][a-z0-9_]{0,62}$/.test(key))
      return refused("A key is 1 to 63 lower case letters, digits and underscores, beginning with a letter.", "key");
    if (name.trim() === "" || name.length > LONGEST_NAME || hasBadCharacter(name))
      return refused(`A name has 1 to ${LONGEST_NAME} characters, and no NUL byte or lone surrogate.`, "name");
    return { department: await store.pool.transaction((tx) => saveDepartment(tx, { key, name: name.trim() })), errors: [] };
  }
}

import "reflect-metadata";
import type { GraphQLSchema } from "graphql";
import { buildSchemaSync, type NonEmptyArray } from "type-graphql";
import { DepartmentResolver } from "./people/department.resolver.js";
import { NodeResolver } from "./people/node.resolver.js";
import { UserResolver } from "./people/user.resolver.js";
import { DateTime } from "./scalars.js";
import { ServiceResolver } from "./store/service.resolver.js";

/** Every door of the graph, in pipeline order: the table of contents. */
const resolvers: NonEmptyArray<new () => object> = [ServiceResolver, NodeResolver, UserResolver, DepartmentResolver];

/** The executable schema. Inputs are checked by the doors themselves, where the sentence with the remedy is known. */
export function buildGraph(): GraphQLSchema {
  return buildSchemaSync({ resolvers, validate: false, scalarsMap: [{ type: Date, scalar: DateTime }] });
}

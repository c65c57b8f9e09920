import { Ctx, FieldResolver, Query, Resolver, Root } from "type-graphql";
import type { RequestContext } from "../request.js";
import { catalogueOf, type TagRow } from "../tags/tag.loader.js";
import { Tag } from "../tags/tag.type.js";
import { type ChurnDefinitionRow, definitionByKey, definitionsOfRequest } from "./churn-definition.loader.js";
import { ChurnDefinition, ChurnTemplate } from "./churn-definition.type.js";
import { featureKeys } from "./feature.loader.js";
import { TEMPLATES, type Template } from "./template.js";

@Resolver(() => ChurnTemplate)
export class TemplateResolver {
  @Query(() => [ChurnTemplate], { description: "What one-click modelling can begin with, for lines of business." })
  churnTemplates(): readonly Template[] {
    return TEMPLATES;
  }

  @FieldResolver(() => ChurnDefinition, { description: "What counts as churn, as it now stands in this store." })
  async definition(@Root() { key }: Template, @Ctx() context: RequestContext): Promise<ChurnDefinitionRow> {
    return definitionByKey(await definitionsOfRequest(context), key);
  }

  @FieldResolver(() => [Tag], {
    description:
      "What it learns from, of the tags in use; of some templates every METRIC tag whose value at a past date is known.",
  })
  async tags(@Root() { tags }: Template, @Ctx() context: RequestContext): Promise<TagRow[]> {
    const { byKey } = await catalogueOf(context)();
    return (await featureKeys(context.store.pool, null, tags)).flatMap((key) => byKey.get(key) ?? []);
  }
}

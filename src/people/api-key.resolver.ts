import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from "type-graphql";
import { TidemarkError } from "../errors.js";
import { idOf, toGlobalId } from "../node.js";
import { afterSmallId, type Connection, pageOf, pageSize, type UserError } from "../page.js";
import type { RequestContext } from "../request.js";
import { type ApiKeyRow, createApiKey, readApiKeys, revokeApiKey } from "./api-key.step.js";
import { ApiKey, ApiKeyConnection, CreateApiKeyInput, CreateApiKeyPayload, RevokeApiKeyPayload } from "./api-key.type.js";

@Resolver(() => ApiKey)
export class ApiKeyResolver {
  @Query(() => ApiKeyConnection, { description: "All keys there ever were, the newest first." })
  async apiKeys(
    @Ctx() { store }: RequestContext,
    @Arg("first", () => Int, { defaultValue: 50 }) first: number,
    @Arg("after", () => String, { nullable: true }) after?: string | null,
  ): Promise<Connection<ApiKeyRow>> {
    const rows = await readApiKeys(store.pool, afterSmallId(after), pageSize(first) + 1);
    return pageOf(
      rows,
      first,
      ({ id }) => [id],
      (key) => key,
    );
  }

  @Mutation(() => CreateApiKeyPayload, { description: "Makes a key for a service or a person." })
  async createApiKey(
    @Ctx() { store, viewer, now }: RequestContext,
    @Arg("input", () => CreateApiKeyInput) { name, role, department, sources, expiresAt }: CreateApiKeyInput,
  ): Promise<{ apiKey: ApiKeyRow | null; secret: string | null; errors: UserError[] }> {
    try {
      const { key, secret } = await createApiKey(
        store.pool,
        { name, role, department, sources, expiresAt: expiresAt ?? null },
        viewer.name,
        now,
      );
      return { apiKey: key, secret, errors: [] };
    } catch (error) {
      if (!(error instanceof TidemarkError)) throw error;
      const { at } = error.extensions;
      const path = ["input", ...(typeof at === "string" ? [at] : [])];
      return { apiKey: null, secret: null, errors: [{ code: error.code, message: error.message, path }] };
    }
  }

  @Mutation(() => RevokeApiKeyPayload, { description: "Ends a key: within two seconds no process takes it any more." })
  async revokeApiKey(
    @Ctx() { store, now }: RequestContext,
    @Arg("id", () => ID) id: string,
  ): Promise<{ apiKey: ApiKeyRow | null; errors: UserError[] }> {
    const key = await revokeApiKey(store.pool, Number(idOf("ApiKey", id)), now);
    if (key) return { apiKey: key, errors: [] };
    return {
      apiKey: null,
      errors: [{ code: "NOT_FOUND", message: "There is no key of that id; apiKeys lists them.", path: ["id"] }],
    };
  }

  @FieldResolver(() => ID)
  id(@Root() { id }: ApiKeyRow): string {
    return toGlobalId("ApiKey", id);
  }
}

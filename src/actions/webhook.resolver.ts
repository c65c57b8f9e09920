import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from "type-graphql";
import { TidemarkError } from "../errors.js";
import { idOf, toGlobalId } from "../node.js";
import { afterSmallId, type Connection, pageOf, pageSize, type UserError } from "../page.js";
import type { RequestContext } from "../request.js";
import { createWebhook, deleteWebhook, readWebhooks, rotateSecret, updateWebhook, type WebhookRow } from "./webhook.step.js";
import {
  CreateWebhookInput,
  DeleteWebhookPayload,
  UpdateWebhookInput,
  Webhook,
  WebhookConnection,
  WebhookPayload,
  WebhookSecretPayload,
} from "./webhook.type.js";

export type Answered<T> = T & { readonly errors: UserError[] };
export type OfWebhook = { readonly webhook: WebhookRow | null };
type WithSecret = OfWebhook & { readonly secret: string | null };

@Resolver(() => Webhook)
export class WebhookResolver {
  @Query(() => WebhookConnection, {
    description: "The webhooks of the viewer's role and department, the newest first; the owner's are all.",
  })
  async webhooks(
    @Ctx() { store, viewer }: RequestContext,
    @Arg("first", () => Int, { defaultValue: 50 }) first: number,
    @Arg("after", () => String, { nullable: true }) after?: string | null,
  ): Promise<Connection<WebhookRow>> {
    const question = { id: null, beforeId: afterSmallId(after), limit: pageSize(first) + 1 };
    return pageOf(
      await readWebhooks(store.pool, viewer, question),
      first,
      ({ id }) => [id],
      (webhook) => webhook,
    );
  }

  @Query(() => Webhook, { nullable: true })
  async webhook(@Ctx() { store, viewer }: RequestContext, @Arg("id", () => ID) id: string): Promise<WebhookRow | null> {
    const [found] = await readWebhooks(store.pool, viewer, { id: keyOf(id), beforeId: null, limit: 1 });
    return found ?? null;
  }

  @Mutation(() => WebhookSecretPayload, {
    description: "Has an endpoint sent what happens from now on, as far as the caller's role and department may read it.",
  })
  createWebhook(
    @Ctx() { store, viewer, now, allowLoopbackWebhooks: allowLoopback = false }: RequestContext,
    @Arg("input", () => CreateWebhookInput) input: CreateWebhookInput,
  ): Promise<Answered<WithSecret>> {
    const work = () => createWebhook(store.pool, input, viewer, { allowLoopback, now });
    return answered<WithSecret>({ webhook: null, secret: null }, work, ["input"]);
  }

  @Mutation(() => WebhookPayload)
  updateWebhook(
    @Ctx() { store, viewer, now, allowLoopbackWebhooks: allowLoopback = false }: RequestContext,
    @Arg("input", () => UpdateWebhookInput) { id, ...change }: UpdateWebhookInput,
  ): Promise<Answered<OfWebhook>> {
    const work = async () => ({
      webhook: await updateWebhook(store.pool, keyOf(id), change, viewer, { allowLoopback, now }),
    });
    return answered<OfWebhook>({ webhook: null }, work, ["input"]);
  }

  @Mutation(() => DeleteWebhookPayload)
  deleteWebhook(
    @Ctx() { store, viewer }: RequestContext,
    @Arg("id", () => ID) id: string,
  ): Promise<Answered<{ deleted: boolean }>> {
    return answered<{ deleted: boolean }>({ deleted: false }, async () => {
      await deleteWebhook(store.pool, keyOf(id), viewer);
      return { deleted: true };
    });
  }

  @Mutation(() => WebhookSecretPayload, { description: "A new secret. For a day the former one signs beside it." })
  rotateWebhookSecret(@Ctx() { store, viewer }: RequestContext, @Arg("id", () => ID) id: string): Promise<Answered<WithSecret>> {
    // By the world's clock, as deliveries are signed, also where the store is one of historical data.
    return answered<WithSecret>({ webhook: null, secret: null }, () => rotateSecret(store.pool, keyOf(id), viewer, new Date()));
  }

  @FieldResolver(() => ID)
  id(@Root() { id }: WebhookRow): string {
    return toGlobalId("Webhook", id);
  }
}

export function keyOf(id: string): number {
  const key = Number(idOf("Webhook", id));
  // Beyond what such a key can be, there is none.
  return key <= 0x7fff_ffff ? key : -1;
}

/**
 * What a mutation answers, or why it was refused.
 *
 * @param within where in the arguments the input stands that an error is about
 */
export async function answered<T extends object>(
  nothing: T,
  work: () => Promise<T>,
  within: readonly string[] = [],
): Promise<Answered<T>> {
  try {
    return { ...(await work()), errors: [] };
  } catch (error) {
    if (!(error instanceof TidemarkError) || error.code === "STORE_UNAVAILABLE") throw error;
    const { at } = error.extensions;
    const path = typeof at === "string" ? [...within, at] : null;
    return { ...nothing, errors: [{ code: error.code, message: error.message, path }] };
  }
}

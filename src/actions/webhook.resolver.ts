import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from "type-graphql";
import { TidemarkError } from "../errors.js";
import { idOf, toGlobalId } from "../node.js";
import { type Connection, decodeCursor, encodeCursor, pageOf, pageSize, type UserError } from "../page.js";
import type { RequestContext } from "../request.js";
import { DateTime } from "../scalars.js";
import { sendTest } from "./deliver.step.js";
import { type DeliveryRow, readDeliveries } from "./delivery.step.js";
import { placeBefore } from "./feed.loader.js";
import { type DeliveryState, type FeedPlace, placeAfter } from "./webhook.js";
import {
  createWebhook,
  deleteWebhook,
  moveWebhook,
  ownWebhook,
  readWebhooks,
  rotateSecret,
  updateWebhook,
  type WebhookRow,
} from "./webhook.step.js";
import {
  CreateWebhookInput,
  DeleteWebhookPayload,
  DeliveryStateEnum,
  SendTestEventPayload,
  UpdateWebhookInput,
  Webhook,
  WebhookConnection,
  WebhookDelivery,
  WebhookDeliveryConnection,
  WebhookPayload,
  WebhookSecretPayload,
} from "./webhook.type.js";

type Answered<T> = T & { readonly errors: UserError[] };
type OfWebhook = { readonly webhook: WebhookRow | null };
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
    const [last] = after ? decodeCursor(after, 1) : [null];
    const question = { id: null, beforeId: last === null ? null : Number(last), limit: pageSize(first) + 1 };
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

  @Query(() => WebhookDeliveryConnection, { description: "What a webhook was sent, the newest first; kept for seven days." })
  async webhookDeliveries(
    @Ctx() { store, viewer }: RequestContext,
    @Arg("webhook", () => ID) webhook: string,
    @Arg("first", () => Int, { defaultValue: 50 }) first: number,
    @Arg("after", () => String, { nullable: true }) after?: string | null,
    @Arg("state", () => DeliveryStateEnum, { nullable: true }) state?: DeliveryState | null,
  ): Promise<Connection<DeliveryRow>> {
    const [last] = after ? decodeCursor(after, 1) : [null];
    const { id: webhookId } = await ownWebhook(store.pool, keyOf(webhook), viewer);
    const beforeId = last === null ? null : String(Number(last));
    const rows = await readDeliveries(store.pool, { webhookId, state: state ?? null, beforeId, limit: pageSize(first) + 1 });
    return pageOf(
      rows,
      first,
      ({ id }) => [id],
      (delivery) => delivery,
    );
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

  @Mutation(() => SendTestEventPayload, {
    description: "Sends a message of the type TEST once, and answers what came of it within five seconds.",
  })
  sendTestEvent(
    @Ctx() { store, viewer, allowLoopbackWebhooks: allowLoopback = false }: RequestContext,
    @Arg("id", () => ID) id: string,
  ): Promise<Answered<{ delivery: DeliveryRow | null }>> {
    return answered<{ delivery: DeliveryRow | null }>({ delivery: null }, async () => {
      const { id: key } = await ownWebhook(store.pool, keyOf(id), viewer);
      return { delivery: (await sendTest(store.pool, key, { clock: () => new Date(), allowLoopback })) ?? null };
    });
  }

  @Mutation(() => WebhookPayload, {
    description:
      "Sends again, in order and with the same ids, everything since an instant or after a cursor (of a delivery, or of `changes`). A cursor further on leaves out what is before it.",
  })
  replayWebhook(
    @Ctx() { store, viewer }: RequestContext,
    @Arg("id", () => ID) id: string,
    @Arg("after", () => String, { nullable: true }) after?: string | null,
    @Arg("from", () => DateTime, { nullable: true, description: "When it was recorded, by the world's clock." })
    from?: Date | null,
  ): Promise<Answered<OfWebhook>> {
    return answered<OfWebhook>({ webhook: null }, async () => {
      if ((after == null) === (from == null))
        throw new TidemarkError(
          "BAD_INPUT",
          "Say from where on: by `after` (a cursor) or by `from` (an instant), and not by both.",
        );
      const webhook = await ownWebhook(store.pool, keyOf(id), viewer);
      const place = after == null ? await placeBefore(store.pool, from!) : placeOf(after);
      return { webhook: place ? await moveWebhook(store.pool, webhook.id, place, viewer) : webhook };
    });
  }

  @FieldResolver(() => ID)
  id(@Root() { id }: WebhookRow): string {
    return toGlobalId("Webhook", id);
  }
}

@Resolver(() => WebhookDelivery)
export class WebhookDeliveryResolver {
  @FieldResolver(() => ID)
  id(@Root() { id }: DeliveryRow): string {
    return toGlobalId("WebhookDelivery", id);
  }

  @FieldResolver(() => String, { nullable: true })
  cursor(@Root() { placeXid, placeIsAlert, placeId }: DeliveryRow): string | null {
    return placeXid === null ? null : encodeCursor(placeIsAlert ? [placeXid, placeId, "alert"] : [placeXid, placeId]);
  }
}

/** A place in the feed by a cursor of `changes`, or by that of an alert's delivery. @throws TidemarkError BAD_INPUT */
function placeOf(cursor: string): FeedPlace {
  const [xid, id, kind] = cursorParts(cursor);
  if (![xid, id].every((part) => /^\d{1,18}$/.test(String(part)) || String(part) === placeAfter("0").id))
    throw new TidemarkError("BAD_INPUT", "after is no cursor of a delivery or of changes; pass one as it was answered.", {
      at: "after",
    });
  return { xid: String(xid), isAlert: kind === "alert", id: String(id) };
}

function cursorParts(cursor: string): unknown[] {
  try {
    return decodeCursor(cursor, 3);
  } catch {
    return decodeCursor(cursor, 2);
  }
}

function keyOf(id: string): number {
  const key = Number(idOf("Webhook", id));
  // Beyond what such a key can be, there is none.
  return key <= 0x7fff_ffff ? key : -1;
}

/** @param within where in the arguments an input stands that the error is about */
async function answered<T extends object>(
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

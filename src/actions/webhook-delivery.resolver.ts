import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from "type-graphql";
import { TidemarkError } from "../errors.js";
import { toGlobalId } from "../node.js";
import { afterId, type Connection, decodeCursor, encodeCursor, pageOf, pageSize } from "../page.js";
import type { RequestContext } from "../request.js";
import { DateTime } from "../scalars.js";
import { sendTest } from "./deliver.step.js";
import { type DeliveryRow, readDeliveries } from "./delivery.step.js";
import { placeBefore } from "./feed.loader.js";
import { type DeliveryState, type FeedPlace, placeAfter } from "./webhook.js";
import { type Answered, answered, keyOf, type OfWebhook } from "./webhook.resolver.js";
import { moveWebhook, ownWebhook } from "./webhook.step.js";
import {
  DeliveryStateEnum,
  SendTestEventPayload,
  WebhookDelivery,
  WebhookDeliveryConnection,
  WebhookPayload,
} from "./webhook.type.js";

@Resolver(() => WebhookDelivery)
export class WebhookDeliveryResolver {
  @Query(() => WebhookDeliveryConnection, { description: "What a webhook was sent, the newest first; kept for seven days." })
  async webhookDeliveries(
    @Ctx() { store, viewer }: RequestContext,
    @Arg("webhook", () => ID) webhook: string,
    @Arg("first", () => Int, { defaultValue: 50 }) first: number,
    @Arg("after", () => String, { nullable: true }) after?: string | null,
    @Arg("state", () => DeliveryStateEnum, { nullable: true }) state?: DeliveryState | null,
  ): Promise<Connection<DeliveryRow>> {
    const { id: webhookId } = await ownWebhook(store.pool, keyOf(webhook), viewer);
    const rows = await readDeliveries(store.pool, {
      webhookId,
      state: state ?? null,
      beforeId: afterId(after),
      limit: pageSize(first) + 1,
    });
    return pageOf(
      rows,
      first,
      ({ id }) => [id],
      (delivery) => delivery,
    );
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

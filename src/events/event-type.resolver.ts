import { Arg, Ctx, Mutation, Query, Resolver } from "type-graphql";
import { Refusal, requiredText } from "../people/clean.js";
import type { RequestContext } from "../request.js";
import { eventTypes } from "./event-type.loader.js";
import { saveEventType } from "./event-type.step.js";
import { EventType, EventTypeInput, SaveEventTypePayload } from "./event-type.type.js";

const KEY = /^[a-z][a-z0-9_]{0,59}$/;

@Resolver()
export class EventTypeResolver {
  @Query(() => [EventType], { description: "The catalogue of event types." })
  eventTypes(@Ctx() { store }: RequestContext): Promise<EventType[]> {
    return eventTypes(store.pool);
  }

  @Mutation(() => SaveEventTypePayload, { description: "Declares a type of event, or renames one." })
  async saveEventType(
    @Ctx() { store }: RequestContext,
    @Arg("input", () => EventTypeInput) { key, name, kind }: EventTypeInput,
  ): Promise<SaveEventTypePayload> {
    const refuse = (code: string, message: string, field: string) => ({
      eventType: null,
      errors: [{ code, message, path: ["input", field] }],
    });
    if (!KEY.test(key))
      return refuse(
        "BAD_INPUT",
        "key takes small letters, digits and underscores, begins with a letter and has at most 60 characters.",
        "key",
      );
    const title = requiredText(name, "name", 100);
    if (title instanceof Refusal) return refuse(title.code, title.message, "name");
    const eventType = await saveEventType(store.pool, key, title, kind);
    if (eventType) return { eventType, errors: [] };
    return refuse(
      "CONFLICT",
      `${key} exists with another kind, by which its events were counted; declare a type under another key.`,
      "kind",
    );
  }
}

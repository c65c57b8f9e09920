import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { refusedSource, writeAllowed } from "../people/scope.js";
import type { RequestContext } from "../request.js";
import "./merge.step.js";
import { RecordEventsInput, RecordEventsPayload } from "./event.type.js";
import { type RecordResult, recordEvents } from "./record.step.js";

@Resolver()
export class EventResolver {
  @Mutation(() => RecordEventsPayload, {
    description:
      "Takes events in bulk. A bad row is rejected with its reason and kept in the quarantine; the others are stored with all that follows.",
  })
  async recordEvents(
    @Ctx() context: RequestContext,
    @Arg("input", () => RecordEventsInput) input: RecordEventsInput,
  ): Promise<RecordResult> {
    const result = await writeAllowed(
      input.events,
      ({ source }) => refusedSource(context.viewer, source),
      (events) => recordEvents(context.store.pool, events, context.now),
    );
    await context.advance(context.now);
    return result;
  }
}

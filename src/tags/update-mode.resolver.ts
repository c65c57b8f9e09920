import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import type { RequestContext } from "../request.js";
import type { TagPayload as Payload } from "./catalogue.step.js";
import { TagPayload } from "./catalogue.type.js";
import type { UpdateMode } from "./tag.entity.js";
import { UpdateModeEnum } from "./tag.type.js";
import { runTag, setUpdateMode } from "./update-mode.step.js";
import { refusedChange } from "./withheld.loader.js";

@Resolver()
export class UpdateModeResolver {
  @Mutation(() => TagPayload, {
    description:
      "Says when a computed tag is brought up to date: LIVE with every change, SCHEDULED by a cron expression, MANUAL by `refreshTag`. Until then its values stay as they are.",
  })
  async setTagUpdateMode(
    @Ctx() context: RequestContext,
    @Arg("key", () => String) key: string,
    @Arg("mode", () => UpdateModeEnum) mode: UpdateMode,
    @Arg("schedule", () => String, {
      nullable: true,
      description: 'Of SCHEDULED: minute, hour, day, month and weekday in UTC, for example "0 6 * * 1".',
    })
    schedule?: string | null,
  ): Promise<Payload> {
    const errors = await refusedChange(context, { key });
    if (errors.length > 0) return { tag: null, errors };
    const payload = await setUpdateMode(context.store.pool, { key, mode, schedule: schedule ?? null }, context.now);
    await context.advance(context.now);
    return payload;
  }

  @Mutation(() => TagPayload, { description: "Brings a SCHEDULED or MANUAL tag up to date for everybody, now." })
  async refreshTag(@Ctx() context: RequestContext, @Arg("key", () => String) key: string): Promise<Payload> {
    const errors = await refusedChange(context, { key });
    if (errors.length > 0) return { tag: null, errors };
    const payload = await runTag(context.store.pool, key, context.now);
    await context.advance(context.now);
    return payload;
  }
}

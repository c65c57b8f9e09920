import { Ctx, Field, ObjectType, Query, Resolver } from "type-graphql";
import type { RequestContext } from "../request.js";
import { DateTime } from "../scalars.js";
import { readSetting } from "./setting.js";

@ObjectType({ description: "What this store holds and how far it has been computed." })
export class Service {
  @Field(() => Boolean, { description: "Whether the population is made up by the simulator, and not a company's own." })
  simulated!: boolean;
  @Field(() => DateTime, { description: "The instant that counts as now." })
  now!: Date;
  @Field(() => DateTime, {
    nullable: true,
    description: "The day up to which tags, scores and tiers of everybody were computed.",
  })
  refreshedAt!: Date | null;
}

@Resolver()
export class ServiceResolver {
  @Query(() => Service)
  async service(@Ctx() context: RequestContext): Promise<Service> {
    const { pool } = context.store;
    const [simulated, refreshed] = await Promise.all([readSetting(pool, "simulated"), readSetting(pool, "refreshed")]);
    return { simulated: simulated !== undefined, now: context.now, refreshedAt: refreshed ? new Date(refreshed.asOf) : null };
  }
}

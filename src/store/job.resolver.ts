import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from "type-graphql";
import { idOf, registerNode, toGlobalId } from "../node.js";
import type { RequestContext } from "../request.js";
import { cancelJob, type JobRow, jobById, jobsById } from "./job.js";
import { CancelJobPayload, Job, JobResult, jobResultKinds } from "./job.type.js";

registerNode("Job", async ({ store }, ids) => {
  const rows = await jobsById(store.pool, ids);
  return ids.map((id) => rows.find((row) => row.id === id) ?? null);
});

@Resolver(() => Job)
export class JobResolver {
  @Query(() => Job, { nullable: true })
  async job(@Arg("id", () => ID) id: string, @Ctx() context: RequestContext): Promise<JobRow | null> {
    return (await jobById(context.store.pool, idOf("Job", id))) ?? null;
  }

  @Mutation(() => CancelJobPayload, { description: "Cancels a job that waits or runs; what it has done so far is dropped." })
  async cancelJob(
    @Arg("id", () => ID) id: string,
    @Ctx() context: RequestContext,
  ): Promise<{ job: JobRow | null; errors: CancelJobPayload["errors"] }> {
    const job = await cancelJob(context.store.pool, idOf("Job", id));
    if (!job) return { job: null, errors: [{ code: "NOT_FOUND", message: "There is no job with that id.", path: ["id"] }] };
    if (job.state === "CANCELLED") return { job, errors: [] };
    const message = `The job has come to its end (${job.state}); there is nothing left to cancel.`;
    return { job, errors: [{ code: "CONFLICT", message, path: ["id"] }] };
  }

  @FieldResolver(() => ID)
  id(@Root() job: JobRow): string {
    return toGlobalId("Job", job.id);
  }

  @FieldResolver(() => JobResult, { nullable: true, description: "What came out, once the job is done." })
  async result(@Root() job: JobRow, @Ctx() context: RequestContext): Promise<object | null> {
    if (!job.result || job.state !== "DONE") return null;
    const thing = await jobResultKinds.get(job.result.type)?.load(context, job.result.id);
    return thing ? { ...thing, __typename: job.result.type } : null;
  }
}

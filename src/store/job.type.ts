import { type ClassType, createUnionType, Field, Float, Int, ObjectType, registerEnumType } from "type-graphql";
import { Node } from "../node.js";
import { UserError } from "../page.js";
import type { RequestContext } from "../request.js";
import { DateTime } from "../scalars.js";
import { JOB_STATES, type JobState } from "./job.entity.js";

/** What a job can result in. Rooms add their own kinds when they are loaded, for the store knows no room. */
interface ResultKind {
  readonly type: ClassType<object>;
  readonly load: (context: RequestContext, id: string) => Promise<object | null>;
}

export const jobResultKinds = new Map<string, ResultKind>();

/** Lets jobs result in a thing of that GraphQL type; called by the room that owns the type. */
export function registerJobResult(name: string, type: ClassType<object>, load: ResultKind["load"]): void {
  jobResultKinds.set(name, { type, load });
}

export const JobResult = createUnionType({
  name: "JobResult",
  description: "What a job made.",
  types: () => [...jobResultKinds.values()].map(({ type }) => type) as [ClassType<object>],
  resolveType: (value: object) => ("__typename" in value ? String(value.__typename) : undefined),
});

const JobStateEnum = Object.fromEntries(JOB_STATES.map((state) => [state, state]));
registerEnumType(JobStateEnum, {
  name: "JobState",
  description: "A job waits in the queue, runs, and comes to one of three ends.",
});

@ObjectType({ description: "Why a job failed." })
export class JobError {
  @Field(() => String)
  code!: string;
  @Field(() => String)
  message!: string;
}

@ObjectType({
  implements: Node,
  description: "Work that outlives a request. It survives the process that runs it: another one takes it up again.",
})
export class Job extends Node {
  @Field(() => String, { description: "What is done, for example trainChurnModel." })
  kind!: string;
  @Field(() => JobStateEnum)
  state!: JobState;
  @Field(() => Float, { description: "0 to 1." })
  progress!: number;
  @Field(() => String, { nullable: true, description: "What it is at." })
  step!: string | null;
  @Field(() => Int, { description: "How often it was begun; more than once where a process died." })
  attempts!: number;
  @Field(() => JobError, { nullable: true })
  error!: JobError | null;
  @Field(() => DateTime)
  createdAt!: Date;
  @Field(() => DateTime, { nullable: true })
  startedAt!: Date | null;
  @Field(() => DateTime, { nullable: true })
  finishedAt!: Date | null;
}

@ObjectType()
export class CancelJobPayload {
  @Field(() => Job, { nullable: true })
  job!: Job | null;
  @Field(() => [UserError])
  errors!: UserError[];
}

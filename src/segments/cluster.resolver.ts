import { Arg, Ctx, Field, InputType, Int, Mutation, ObjectType, Resolver } from "type-graphql";
import { TidemarkError } from "../errors.js";
import { UserError } from "../page.js";
import { changeRefusal, mayChange, principalOf } from "../people/access.js";
import { markUsers, retryWhenGone } from "../people/mark.step.js";
import type { RequestContext } from "../request.js";
import { createTag, type NewTag } from "../tags/catalogue.step.js";
import { type ClusterQuestion, findClusters } from "../tags/cluster.loader.js";
import { assignClusters, valueOfCluster } from "../tags/cluster.step.js";
import { type TagRow, tagCatalogue } from "../tags/tag.loader.js";
import { Tag } from "../tags/tag.type.js";
import { forgetSegments, segmentsOfRequest } from "./catalogue.loader.js";
import { BATCHES_IN_REQUEST, runSegments } from "./run.step.js";
import { writeSegment } from "./save.step.js";
import { readSegments, type SegmentRow } from "./segment.loader.js";
import { Segment } from "./segment.type.js";

@InputType()
export class SaveClustersInput {
  @Field(() => String, {
    description:
      "Of the TEXT tag that says which cluster a user is in, 1 being the largest; the segments are KEY_1, KEY_2 ... Saved again, it says the clusters of then.",
  })
  key!: string;
  @Field(() => String)
  name!: string;
  @Field(() => String, { description: "Key of the department that owns them." })
  department!: string;
  @Field(() => Int, { nullable: true, description: "How many, 2 to 8; default: as many as set users apart most clearly." })
  k?: number | null;
  @Field(() => Int, { defaultValue: 1 })
  seed: number = 1;
}

@ObjectType()
export class SaveClustersPayload {
  @Field(() => Tag, { nullable: true })
  tag!: Tag | null;
  @Field(() => [Segment], { description: "One for each cluster, named by what sets it apart." })
  segments!: Segment[];
  @Field(() => [UserError])
  errors!: UserError[];
}

interface Payload {
  readonly tag: TagRow | null;
  readonly segments: readonly SegmentRow[];
  readonly errors: readonly UserError[];
}

@Resolver()
export class SaveClustersResolver {
  @Mutation(() => SaveClustersPayload, {
    description:
      "Finds clusters of behaviour, as `behaviorClusters` does, and keeps them: as a tag of every user, and as segments.",
  })
  async saveBehaviorClusters(
    @Ctx() context: RequestContext,
    @Arg("input", () => SaveClustersInput) { key, name, department, k, seed }: SaveClustersInput,
  ): Promise<Payload> {
    if (!mayChange(principalOf(context.viewer), { department: { key: department } }))
      return refused("FORBIDDEN", changeRefusal(department), "department");
    const { pool } = context.store;
    const mine = (each: { readonly department: { readonly key: string } }) => mayChange(principalOf(context.viewer), each);
    const others = (await segmentsOfRequest(context)).find(
      (each) => each.key.slice(0, -2) === key && /_[1-8]$/.test(each.key) && !mine(each),
    );
    if (others) return refused("FORBIDDEN", changeRefusal(others.department.key), "key");
    const question = { asOf: context.now, k: k ?? undefined, seed };
    const known = (await tagCatalogue(pool)).byKey.get(key);
    if (known && (known.kind !== "IMPORTED" || known.valueType !== "TEXT" || known.state === "RETIRED"))
      return refused(
        "CONFLICT",
        `The tag ${key} is not one of clusters: an IMPORTED tag of texts, in use. Choose another key.`,
        "key",
      );
    if (known && !mine(known)) return refused("FORBIDDEN", changeRefusal(known.department.key), "key");
    try {
      if (!known) {
        // Before anything is made: too few users, or a k out of bounds, are refused.
        await findClusters(pool, question);
        const tag: NewTag = { key, name, department, family: "CUSTOM", kind: "IMPORTED", valueType: "TEXT" };
        const { errors } = await createTag(pool, tag, context.viewer.name, context.now);
        if (errors.length > 0) return { tag: null, segments: [], errors };
      }
      const segments = await retryWhenGone(() => save(context, { key, name, department }, question));
      await context.advance(context.now);
      await runSegments(pool, context.now, BATCHES_IN_REQUEST);
      forgetSegments(context);
      return { tag: (await tagCatalogue(pool)).byKey.get(key) ?? null, segments, errors: [] };
    } catch (error) {
      if (error instanceof TidemarkError) return refused(error.code, error.message, "k");
      throw error;
    }
  }
}

async function save(
  { store: { pool }, viewer, now }: RequestContext,
  { key, name, department }: Pick<SaveClustersInput, "key" | "name" | "department">,
  question: ClusterQuestion,
): Promise<SegmentRow[]> {
  const found = await findClusters(pool, question);
  const { id } = (await tagCatalogue(pool)).byKey.get(key)!;
  return pool.transaction(async (transaction) => {
    // Who was in a cluster before and is in none now is written to as well.
    const before = await transaction.read<{ userId: string }>(`select user_id as "userId" from user_tag where tag_id = $1`, [id]);
    await markUsers(transaction, [...found.userIds, ...before.map(({ userId }) => userId)], now);
    await assignClusters(transaction, id, found, now);
    const keys = found.names.map((_, place) => `${key}_${place + 1}`);
    for (const [place, clusterName] of found.names.entries())
      await writeSegment(
        transaction,
        {
          key: keys[place]!,
          name: `${name} ${place + 1}: ${clusterName}`.slice(0, 200),
          expression: { tag: { key, op: "EQ", value: valueOfCluster(place) } },
          department,
          visibility: "PUBLIC",
          by: viewer.name,
        },
        now,
      );
    return (await readSegments(transaction)).filter((segment) => keys.includes(segment.key));
  });
}

function refused(code: string, message: string, field: string): Payload {
  return { tag: null, segments: [], errors: [{ code, message, path: ["input", field] }] };
}

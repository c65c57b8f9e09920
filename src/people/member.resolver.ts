import { Arg, Ctx, Int, Mutation, Query, Resolver } from "type-graphql";
import { TidemarkError } from "../errors.js";
import { afterSmallId, type Connection, pageOf, pageSize, type UserError } from "../page.js";
import type { RequestContext } from "../request.js";
import { type MemberRow, readMembers, removeMember, saveMember } from "./member.step.js";
import { MemberConnection, MemberPayload, SaveMemberInput } from "./member.type.js";

interface Payload {
  readonly member: MemberRow | null;
  readonly errors: readonly UserError[];
}

@Resolver()
export class MemberResolver {
  @Query(() => MemberConnection, { description: "Everybody the owner entered, the newest first." })
  async members(
    @Ctx() { store }: RequestContext,
    @Arg("first", () => Int, { defaultValue: 50 }) first: number,
    @Arg("after", () => String, { nullable: true }) after?: string | null,
  ): Promise<Connection<MemberRow>> {
    const rows = await readMembers(store.pool, afterSmallId(after), pageSize(first) + 1);
    return pageOf(
      rows,
      first,
      ({ id }) => [id],
      (member) => member,
    );
  }

  @Mutation(() => MemberPayload, {
    description: "Says what a person is, above what their token claims. Only so is somebody the owner.",
  })
  async saveMember(
    @Ctx() { store, viewer, now }: RequestContext,
    @Arg("input", () => SaveMemberInput) input: SaveMemberInput,
  ): Promise<Payload> {
    try {
      return { member: await saveMember(store.pool, input, viewer.name, now), errors: [] };
    } catch (error) {
      if (!(error instanceof TidemarkError)) throw error;
      const { at } = error.extensions;
      const path = ["input", ...(typeof at === "string" ? [at] : [])];
      return { member: null, errors: [{ code: error.code, message: error.message, path }] };
    }
  }

  @Mutation(() => MemberPayload, { description: "Lets a person in no more, whatever their token claims." })
  async removeMember(@Ctx() { store, now }: RequestContext, @Arg("subject", () => String) subject: string): Promise<Payload> {
    const member = (await removeMember(store.pool, subject, now)) ?? null;
    if (member) return { member, errors: [] };
    return {
      member,
      errors: [{ code: "NOT_FOUND", message: "No member has that subject; enter them with saveMember.", path: ["subject"] }],
    };
  }
}

import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from "type-graphql";
import { idOf, toGlobalId } from "../node.js";
import { afterSmallId, type Connection, decodeCursor, pageOf, pageSize, type UserError } from "../page.js";
import type { RequestContext } from "../request.js";
import { DateTime } from "../scalars.js";
import { settingsOf } from "../store/setting.js";
import { type AccessLevel, changeRefusal, mayChange, principalOf, type ThingKind, type Visibility } from "./access.js";
import { accessOf } from "./access.loader.js";
import type { GrantState } from "./grant.entity.js";
import { decideGrant, type GrantRow, grantById, readGrantRows, requestGrant } from "./grant.step.js";
import {
  Grant,
  GrantConnection,
  GrantDirectionEnum,
  GrantPayload,
  GrantStateEnum,
  RequestGrantInput,
  ThingKindEnum,
  UnsharedThingConnection,
  VisibilityEnum,
  VisibilityPayload,
} from "./grant.type.js";
import { findThing, guardedThings, type ThingRow, writeVisibility } from "./thing.step.js";

interface Payload {
  readonly grant: GrantRow | null;
  readonly errors: readonly UserError[];
}

@Resolver(() => Grant)
export class GrantResolver {
  @Query(() => GrantConnection, {
    description: "Grants of and on what belongs to the viewer's department, the newest first; the owner sees all.",
  })
  async grants(
    @Ctx() { store, viewer }: RequestContext,
    @Arg("direction", () => GrantDirectionEnum, { nullable: true }) direction: "INCOMING" | "OUTGOING" | null | undefined,
    @Arg("state", () => GrantStateEnum, { nullable: true }) state: GrantState | null | undefined,
    @Arg("first", () => Int, { defaultValue: 50 }) first: number,
    @Arg("after", () => String, { nullable: true }) after?: string | null,
  ): Promise<Connection<GrantRow>> {
    const everything = viewer.role === "OWNER" && !direction;
    const rows = await readGrantRows(store.pool, {
      department: everything ? null : (viewer.department ?? ""),
      direction: direction ?? null,
      state: state ?? null,
      beforeId: afterSmallId(after),
      limit: pageSize(first) + 1,
    });
    return pageOf(
      rows,
      first,
      ({ id }) => [id],
      (grant) => grant,
    );
  }

  @Query(() => UnsharedThingConnection, {
    description:
      "What there is that the viewer may not read, or only count by: by name alone, to be asked for with requestGrant.",
  })
  async unsharedThings(
    @Ctx() context: RequestContext,
    @Arg("kind", () => ThingKindEnum, { nullable: true }) kind: ThingKind | null | undefined,
    @Arg("first", () => Int, { defaultValue: 50 }) first: number,
    @Arg("after", () => String, { nullable: true }) after?: string | null,
  ): Promise<Connection<ThingRow & { readonly access: AccessLevel }>> {
    const last = after ? decodeCursor(after, 2).join(" ") : "";
    const [access, guarded] = await Promise.all([accessOf(context)(), guardedThings(context.store.pool)]);
    const placeOf = (thing: ThingRow) => `${thing.kind} ${thing.key}`;
    const rest = guarded
      .map((thing) => ({ ...thing, access: access(thing) }))
      .filter((thing) => thing.access !== "READ" && (!kind || thing.kind === kind) && placeOf(thing) > last)
      .sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
    return pageOf(
      rest,
      pageSize(first),
      (thing) => [thing.kind, thing.key],
      (thing) => thing,
    );
  }

  @Mutation(() => GrantPayload, {
    description:
      "Asks the department that owns a thing for a right on it. What was asked for already is given back as it stands.",
  })
  async requestGrant(
    @Ctx() context: RequestContext,
    @Arg("input", () => RequestGrantInput) { kind, key, right, reason }: RequestGrantInput,
  ): Promise<Payload> {
    const { store, viewer, now } = context;
    const thing = await findThing(store.pool, kind, key);
    if (!thing) return refused("NOT_FOUND", `There is no ${kind} ${JSON.stringify(key.slice(0, 60))}.`, "input", "key");
    if (viewer.department === null)
      return refused("FORBIDDEN", "You belong to no department; ask the owner to enter you into one.", "input");
    const level = (await accessOf(context)())(thing);
    if (level === "READ" || level === right) return refused("CONFLICT", `You may do that with ${key} already.`, "input", "right");
    const wish = { thing, department: viewer.department, right, reason: reason ?? null, by: viewer.name };
    return { grant: await requestGrant(store.pool, wish, now), errors: [] };
  }

  @Mutation(() => GrantPayload, { description: "Gives what was asked for, until expiresAt or until it is revoked." })
  approveGrant(
    @Ctx() context: RequestContext,
    @Arg("id", () => ID) id: string,
    @Arg("expiresAt", () => DateTime, { nullable: true }) expiresAt?: Date | null,
  ): Promise<Payload> {
    return decided(context, { id, from: "REQUESTED", to: "GRANTED", expiresAt: expiresAt ?? null });
  }

  @Mutation(() => GrantPayload)
  denyGrant(@Ctx() context: RequestContext, @Arg("id", () => ID) id: string): Promise<Payload> {
    return decided(context, { id, from: "REQUESTED", to: "DENIED", expiresAt: null });
  }

  @Mutation(() => GrantPayload, {
    description: "Takes a right back at once. Segments that were made with it say by their `error` that they cannot be asked.",
  })
  revokeGrant(@Ctx() context: RequestContext, @Arg("id", () => ID) id: string): Promise<Payload> {
    return decided(context, { id, from: "GRANTED", to: "REVOKED", expiresAt: null });
  }

  @Mutation(() => VisibilityPayload, {
    description: "Says who may see a thing of one's department. Grants on what is PRIVATE rest until it is SHARED again.",
  })
  async setVisibility(
    @Ctx() context: RequestContext,
    @Arg("kind", () => ThingKindEnum) kind: ThingKind,
    @Arg("key", () => String) key: string,
    @Arg("visibility", () => VisibilityEnum) visibility: Visibility,
  ): Promise<{ visibility: Visibility | null; errors: UserError[] }> {
    const { store, viewer } = context;
    const no = (code: string, message: string) => ({ visibility: null, errors: [{ code, message, path: ["key"] }] });
    const thing = await findThing(store.pool, kind, key);
    if (!thing) return no("NOT_FOUND", `There is no ${kind} ${JSON.stringify(key.slice(0, 60))}.`);
    if (!mayChange(principalOf(viewer), thing)) return no("FORBIDDEN", changeRefusal(thing.department.key));
    if (thing.isBuiltIn) return no("CONFLICT", `${key} ships with Tidemark, and much is made from it; it stays PUBLIC.`);
    await store.pool.transaction((transaction) => writeVisibility(transaction, thing, visibility));
    return { visibility, errors: [] };
  }

  @FieldResolver(() => ID)
  id(@Root() { id }: GrantRow): string {
    return toGlobalId("Grant", id);
  }
}

async function decided(
  context: RequestContext,
  {
    id: globalId,
    from,
    to,
    expiresAt,
  }: { id: string; from: GrantState; to: "GRANTED" | "DENIED" | "REVOKED"; expiresAt: Date | null },
): Promise<Payload> {
  const { store, viewer, now } = context;
  const id = Number(idOf("Grant", globalId));
  const grant = await grantById(store.pool, id);
  // One that is not of the viewer's department is not told apart from one that is not there.
  const mine = (key: string | undefined) => viewer.role === "OWNER" || (key !== undefined && key === viewer.department);
  if (!grant || !(mine(grant.owner.key) || mine(grant.department.key)))
    return refused("NOT_FOUND", "There is no grant of that id; `grants` lists yours.", "id");
  // What was given may be given back by who has it.
  if (!mine(grant.owner.key) && to !== "REVOKED") return refused("FORBIDDEN", changeRefusal(grant.owner.key), "id");
  if (expiresAt && expiresAt <= now)
    return refused("BAD_INPUT", `expiresAt is ${expiresAt.toISOString()}, which has passed; name a time to come.`, "expiresAt");
  if (grant.state !== from)
    return refused("CONFLICT", `That grant is ${grant.state}, and only one that is ${from} can become ${to}.`, "id");
  await store.pool.transaction(async (transaction) => {
    await transaction.read("select from access_grant where id = $1 for update", [id]);
    await decideGrant(transaction, { id, to, by: viewer.name, expiresAt }, now);
    const thing = to === "GRANTED" ? await findThing(transaction, grant.kind, grant.key) : undefined;
    if (thing?.visibility === "PRIVATE") await writeVisibility(transaction, thing, "SHARED");
  });
  settingsOf(context).forget();
  return { grant: (await grantById(store.pool, id)) ?? null, errors: [] };
}

function refused(code: string, message: string, ...path: string[]): Payload {
  return { grant: null, errors: [{ code, message, path }] };
}

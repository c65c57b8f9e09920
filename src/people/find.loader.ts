import { TidemarkError } from "../errors.js";
import type { RequestContext } from "../request.js";
import { findSource } from "./source.step.js";
import { type UserRow, userByExternalId } from "./user.loader.js";

/** A user by the name that a source has for them; why there is none, where there is none. */
export async function findUser(
  context: RequestContext,
  { externalId, source }: { readonly externalId: string; readonly source?: string | null },
): Promise<UserRow | TidemarkError> {
  const sourceId = source === null || source === undefined ? null : await findSource(context.store.pool, source);
  try {
    const user = sourceId === undefined ? null : await userByExternalId(context).load({ externalId, sourceId });
    return (
      user ??
      new TidemarkError(
        "UNKNOWN_USER",
        `No user is called ${JSON.stringify(externalId.slice(0, 100))}${source ? ` by ${JSON.stringify(source.slice(0, 100))}` : ""}; upsertUsers makes one.`,
      )
    );
  } catch (error) {
    if (error instanceof TidemarkError) return error;
    throw error;
  }
}

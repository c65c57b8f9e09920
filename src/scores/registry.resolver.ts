import { Arg, Ctx, FieldResolver, ID, Mutation, Resolver, Root } from "type-graphql";
import { TidemarkError } from "../errors.js";
import { idOf } from "../node.js";
import type { UserError } from "../page.js";
import { changeRefusal, mayChange, principalOf } from "../people/access.js";
import type { RequestContext } from "../request.js";
import { definitionByKey, definitionsOfRequest } from "./churn-definition.loader.js";
import { type ChurnModelRow, modelById } from "./churn-model.loader.js";
import { ChurnModel, ModelMove, PromoteChurnModelPayload } from "./churn-model.type.js";
import { markEverybody, promote, refusalOf } from "./promotion.step.js";
import { type ModelMoveRow, movesByModel, predecessorOf } from "./registry.loader.js";

interface Promoted {
  readonly model: ChurnModelRow | null;
  readonly errors: UserError[];
}

const REASON_ARGUMENT = { nullable: true, description: "Kept in the model's history." } as const;
const LONGEST_REASON = 2_000;

@Resolver(() => ChurnModel)
export class RegistryResolver {
  @Mutation(() => PromoteChurnModelPayload, {
    description:
      "Makes a model the champion of its definition, a retired one too, and scores everybody by it. One without a usable signal is refused.",
  })
  async promoteChurnModel(
    @Arg("id", () => ID) id: string,
    @Arg("reason", () => String, REASON_ARGUMENT) reason: string | null | undefined,
    @Ctx() context: RequestContext,
  ): Promise<Promoted> {
    return serve(context, Number(idOf("ChurnModel", id)), ["id"], reason ?? "It was promoted by hand.");
  }

  @Mutation(() => PromoteChurnModelPayload, {
    description:
      "Takes a definition back to the model that served before its champion, and scores everybody by it. Once more goes one further back.",
  })
  async rollBackChurnModel(
    @Arg("definition", () => String) key: string,
    @Arg("reason", () => String, REASON_ARGUMENT) reason: string | null | undefined,
    @Ctx() context: RequestContext,
  ): Promise<Promoted> {
    const definition = definitionByKey(await definitionsOfRequest(context), key);
    const { champion, id } = await predecessorOf(context.store.pool, definition.id);
    if (!champion)
      return refused(
        "NO_CHAMPION",
        `No model of ${key} serves, so there is nothing to roll back; train one with trainChurnModel.`,
        ["definition"],
      );
    if (id === null)
      return refused(
        "CONFLICT",
        `No model of ${key} served before version ${champion.version}; promote another one with promoteChurnModel.`,
        ["definition"],
      );
    return serve(context, id, ["definition"], `Version ${champion.version} was rolled back${reason ? `: ${reason}` : "."}`);
  }

  @FieldResolver(() => [ModelMove], {
    description: "Who moved it, when and why, the latest first, at most 100. None of moves before they were kept.",
  })
  history(@Root() { id }: ChurnModelRow, @Ctx() context: RequestContext): Promise<ModelMoveRow[]> {
    return movesByModel(context).load(id);
  }
}

function refused(code: string, message: string, path: string[], model: ChurnModelRow | null = null): Promoted {
  return { model, errors: [{ code, message, path }] };
}

async function serve(context: RequestContext, id: number, path: string[], reason: string): Promise<Promoted> {
  if (reason.length > LONGEST_REASON || reason.includes("\0"))
    throw new TidemarkError("TOO_LONG", `A reason has at most ${LONGEST_REASON} characters and no NUL.`);
  const model = await modelById(context).load(id);
  if (!model) return refused("NOT_FOUND", "There is no churn model with that id.", path);
  if (!mayChange(principalOf(context.viewer), model)) return refused("FORBIDDEN", changeRefusal(model.department.key), path);
  const refusal = await refusalOf(context.store.pool, model);
  if (refusal) return refused(refusal.code, refusal.message, path, model);
  if (model.state === "CHAMPION") return { model, errors: [] };
  await context.store.pool.transaction(async (tx) => {
    const definition = { id: model.definitionId, key: model.definition };
    await promote(tx, id, definition, { by: context.viewer.name, at: context.now, reason });
    await markEverybody(tx, context.now);
  });
  modelById(context).clearAll();
  await context.advance(context.now);
  return { model: await modelById(context).load(id), errors: [] };
}

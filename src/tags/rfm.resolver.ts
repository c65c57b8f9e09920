import { Arg, Ctx, FieldResolver, Int, Query, Resolver, Root } from "type-graphql";
import { TidemarkError } from "../errors.js";
import { textOfUnits } from "../events/decimal.js";
import type { UserRow } from "../people/user.loader.js";
import { User } from "../people/user.type.js";
import { perRequest, type RequestContext } from "../request.js";
import { DateTime } from "../scalars.js";
import { readSetting } from "../store/setting.js";
import {
  RFM_GROUPS,
  RFM_LAYERS,
  type RfmGroup,
  type RfmLayer,
  type RfmScores,
  type RfmThresholds,
  rfmGroup,
  rfmLayer,
  rfmScores,
  rfmThresholds,
} from "./rfm.js";
import { externalIdRanks, RFM_TAGS, rfmColumnsAt, rfmState } from "./rfm.loader.js";
import { Rfm, RfmCutsInput, RfmDistribution, RfmGroupEnum, RfmLayerEnum, RfmMethodEnum } from "./rfm.type.js";
import { distributionByTile, distributionByValue, type RfmMethod, scoresByTile } from "./rfm-distribution.js";
import { computedOf, historyAt, tagStateByUser } from "./tag-state.loader.js";

interface RfmRow {
  readonly recencyDays: number;
  readonly frequency: number;
  readonly monetary: number;
  /** Looked up only where it is asked for: at a past instant that takes the whole population. */
  readonly scores: () => Promise<RfmScores | null>;
}

@Resolver(() => User)
export class UserRfmResolver {
  @FieldResolver(() => Rfm, { nullable: true, description: "Null for a user without any transaction (or activity) by then." })
  async rfm(
    @Root() user: UserRow,
    @Ctx() context: RequestContext,
    @Arg("asOf", () => DateTime, {
      nullable: true,
      description: "Computed on demand for then, the scores against the population of then; default: as it stands.",
    })
    asOf?: Date | null,
    @Arg("method", () => RfmMethodEnum, {
      defaultValue: "VALUE",
      description: "NTILE puts the whole population into an order, once for a request.",
    })
    method: RfmMethod = "VALUE",
    @Arg("cuts", () => RfmCutsInput, { nullable: true, description: "With VALUE only." }) cuts?: RfmCutsInput | null,
  ): Promise<RfmRow | null> {
    const own = checkedCuts(method, cuts);
    if (asOf || method === "NTILE") return rfmAt(context, user.id, asOf ?? context.now, method, own);
    const [{ catalogue, numbers }, { basis, thresholds }] = await Promise.all([
      tagStateByUser(context).load(user.id),
      rfmState(context)(),
    ]);
    const numberOf = (key: string) => numbers[catalogue.byKey.get(key)?.slot ?? -1] ?? Number.NaN;
    return rowOf(basis, numberOf, async (values) => (thresholds ? rfmScores(values, { ...thresholds, ...own }) : null));
  }

  @Query(() => RfmDistribution, { description: "The whole population's RFM scores at an instant, from the events." })
  async rfmDistribution(
    @Ctx() context: RequestContext,
    @Arg("asOf", () => DateTime, { nullable: true, description: "Default: the last refresh of everybody, or now." })
    asOf?: Date | null,
    @Arg("method", () => RfmMethodEnum, { defaultValue: "VALUE" }) method: RfmMethod = "VALUE",
    @Arg("cuts", () => RfmCutsInput, { nullable: true, description: "With VALUE only." }) cuts?: RfmCutsInput | null,
  ): Promise<RfmDistribution> {
    const own = checkedCuts(method, cuts);
    const refreshed = asOf ? undefined : await readSetting(context.store.pool, "rfm");
    const instant = asOf ?? (refreshed ? new Date(refreshed.asOf) : context.now);
    const columns = await rfmColumnsAt(context, instant);
    const { monetarySumUnits, ...distribution } =
      method === "VALUE"
        ? distributionByValue(columns, own)
        : distributionByTile(columns, { ...columns, rank: await externalIdRanks(context.store.pool, columns.userIds) });
    const layers = new Map<RfmLayer, number>();
    const groups = new Map<RfmGroup, number>();
    for (const { count, ...scores } of distribution.cells) {
      const layer = rfmLayer(scores);
      const group = rfmGroup(layer);
      layers.set(layer, (layers.get(layer) ?? 0) + count);
      groups.set(group, (groups.get(group) ?? 0) + count);
    }
    return {
      asOf: instant,
      method,
      ...distribution,
      monetarySums: monetarySumUnits.map(textOfUnits),
      layers: RFM_LAYERS.map((layer) => ({ layer, count: layers.get(layer) ?? 0 })),
      groups: RFM_GROUPS.map((group) => ({ group, count: groups.get(group) ?? 0 })),
    };
  }
}

const CUTS = 4;

function checkedCuts(method: RfmMethod, cuts: RfmCutsInput | null | undefined): Partial<RfmThresholds> {
  if (!cuts) return {};
  if (method === "NTILE")
    throw new TidemarkError(
      "BAD_INPUT",
      "NTILE divides by numbers of users and takes no cuts; leave them out, or ask for VALUE.",
    );
  const own: { -readonly [name in keyof RfmThresholds]?: RfmThresholds[name] } = {};
  for (const name of ["recency", "frequency", "monetary"] as const) {
    const given = cuts[name];
    if (!given) continue;
    if (given.length !== CUTS || given.some((cut, place) => !Number.isFinite(cut) || (place > 0 && cut < given[place - 1]!)))
      throw new TidemarkError(
        "BAD_INPUT",
        `cuts.${name} is [${given.join(", ")}]; give four numbers, none below the one before it.`,
      );
    own[name] = given;
  }
  return own;
}

/** By user, at an instant: everybody is put into an order once for a request. */
const tilesAt = perRequest((context) => {
  const known = new Map<number, Promise<ReadonlyMap<number, RfmScores>>>();
  return (asOf: Date) => {
    const found = known.get(asOf.getTime()) ?? readTiles(context, asOf);
    known.set(asOf.getTime(), found);
    return found;
  };
});

async function readTiles(context: RequestContext, asOf: Date): Promise<ReadonlyMap<number, RfmScores>> {
  const columns = await rfmColumnsAt(context, asOf);
  const rank = await externalIdRanks(context.store.pool, columns.userIds);
  const scoresOf = scoresByTile(columns, { ...columns, rank });
  return new Map(Array.from(columns.userIds, (id, user) => [id, scoresOf(user)]));
}

async function rfmAt(
  context: RequestContext,
  userId: string,
  asOf: Date,
  method: RfmMethod,
  cuts: Partial<RfmThresholds>,
): Promise<RfmRow | null> {
  const { histories, place, library } = await historyAt(context, asOf).load(userId);
  const { numbers } = await computedOf(context, library, histories, asOf);
  const numberOf = (key: string) => numbers[library.catalogue.byKey.get(key)?.slot ?? -1]?.[place] ?? Number.NaN;
  const { basis } = await rfmState(context)();
  return rowOf(basis, numberOf, async (values) => {
    if (method === "NTILE") return (await tilesAt(context)(asOf)).get(Number(userId)) ?? null;
    return rfmScores(values, { ...rfmThresholds(await rfmColumnsAt(context, asOf)), ...cuts });
  });
}

function rowOf(
  basis: keyof typeof RFM_TAGS,
  numberOf: (key: string) => number,
  scoresOf: (values: { recencyDays: number; frequency: number; monetary: number }) => Promise<RfmScores | null>,
): RfmRow | null {
  const tags = RFM_TAGS[basis];
  const frequency = numberOf(tags.frequency);
  if (!(frequency > 0)) return null;
  const values = { recencyDays: numberOf(tags.recency), frequency, monetary: numberOf(tags.monetary) };
  let scores: Promise<RfmScores | null> | undefined;
  return {
    ...values,
    scores: () => {
      scores ??= scoresOf(values);
      return scores;
    },
  };
}

const SCORE = { nullable: true, description: "1 to 5, 5 the best; null before the first refresh of everybody." } as const;

@Resolver(() => Rfm)
export class RfmResolver {
  @FieldResolver(() => Int, SCORE)
  async recencyScore(@Root() { scores }: RfmRow): Promise<number | null> {
    return (await scores())?.recency ?? null;
  }

  @FieldResolver(() => Int, SCORE)
  async frequencyScore(@Root() { scores }: RfmRow): Promise<number | null> {
    return (await scores())?.frequency ?? null;
  }

  @FieldResolver(() => Int, SCORE)
  async monetaryScore(@Root() { scores }: RfmRow): Promise<number | null> {
    return (await scores())?.monetary ?? null;
  }

  @FieldResolver(() => RfmLayerEnum, { nullable: true })
  async layer(@Root() { scores }: RfmRow): Promise<RfmLayer | null> {
    const found = await scores();
    return found && rfmLayer(found);
  }

  @FieldResolver(() => RfmGroupEnum, { nullable: true })
  async group(@Root() { scores }: RfmRow): Promise<RfmGroup | null> {
    const found = await scores();
    return found && rfmGroup(rfmLayer(found));
  }
}

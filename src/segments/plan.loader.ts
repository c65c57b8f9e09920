import { createHash } from "node:crypto";
import { TidemarkError } from "../errors.js";
import type { RequestContext } from "../request.js";
import type { Session } from "../store/pool.js";
import { type Bound, bindExpression } from "./bind.js";
import type { Catalogue } from "./catalogue.js";
import { catalogueFor, parsed, segmentsOfRequest } from "./catalogue.loader.js";
import { type Expression, parseExpression } from "./expression.js";
import { formatExpression } from "./format.js";
import { type Formula, formulaOf } from "./formula.js";
import type { SegmentRow } from "./segment.loader.js";

/** One condition of the saved segments; segments whose members are kept have conditions of their own, for those keep their answers. */
export interface PlannedCondition {
  /** As the layout names it. */
  readonly name: string;
  readonly text: string;
  readonly bound: Bound;
}

export interface PlannedSegment {
  readonly segment: SegmentRow;
  /** Places are those of the plan's conditions. */
  readonly formula: Formula;
}

/** What is looked at for every user: each condition once, whichever segments ask for it. */
export interface Plan {
  readonly conditions: readonly PlannedCondition[];
  readonly segments: readonly PlannedSegment[];
  /** Those that cannot be asked, for example because a tag was retired: their members stay as they are. */
  readonly broken: readonly { readonly segment: SegmentRow; readonly error: TidemarkError }[];
  /** Everything that users have to be looked at anew for when it changes. */
  readonly hash: string;
}

export async function planOf(context: RequestContext): Promise<Plan> {
  const all = await segmentsOfRequest(context);
  const catalogue = await catalogueFor(
    context,
    all.flatMap(({ expression }) => parsed(expression)),
  );
  const byKey = new Map(all.map(({ key, expression }) => [key, expression]));
  const held = new Map(all.filter(({ mode }) => mode !== "LIVE").map(({ key, id }) => [key, id]));
  const placeOf = new Map<string, number>();
  const conditions: PlannedCondition[] = [];
  const segments: PlannedSegment[] = [];
  const broken: { segment: SegmentRow; error: TidemarkError }[] = [];
  for (const segment of all) {
    const expression = readable(segment, catalogue);
    if (expression instanceof TidemarkError) {
      broken.push({ segment, error: expression });
      continue;
    }
    const owner = segment.mode === "LIVE" ? "" : `${segment.id}.${segment.run} `;
    const formula = formulaOf(expression, byKey, held, (condition) => {
      const text = formatExpression(condition);
      const name = owner + text;
      let place = placeOf.get(name);
      if (place === undefined) {
        place = conditions.push({ name, text, bound: bindExpression(condition, catalogue, [], segment.department.key) }) - 1;
        placeOf.set(name, place);
      }
      return place;
    });
    segments.push({ segment, formula });
  }
  const parts = [...conditions.map(({ name }) => name), ...segments.map(({ segment: { id, run } }) => `${id}.${run}`)];
  return { conditions, segments, broken, hash: createHash("sha256").update(JSON.stringify(parts)).digest("base64url") };
}

/** The name of a condition whichever run it is of. */
export function sameButForRun(name: string): string {
  return name.replace(/^(\d+)\.\d+ /, "$1 ");
}

/** By the rights of its department: a segment that has lost a grant cannot be asked any more. */
function readable({ key, expression, department }: SegmentRow, catalogue: Catalogue): Expression | TidemarkError {
  try {
    const read = parseExpression(expression);
    bindExpression(read, catalogue, [key], department.key);
    return read;
  } catch (error) {
    if (error instanceof TidemarkError) return error;
    throw error;
  }
}

/** The number of the plan's layout, which is made where it is not there yet. */
export async function layoutOf(session: Session, { conditions, hash }: Plan): Promise<number> {
  const [known] = await session.read<{ id: number }>("select id from segment_layout where hash = $1", [hash]);
  if (known) return known.id;
  const [made] = await session.read<{ id: number }>(
    `insert into segment_layout (conditions, hash) values ($1, $2) on conflict (hash) do update set hash = excluded.hash returning id`,
    [conditions.map(({ name }) => name), hash],
  );
  return made!.id;
}

import type { RequestContext } from "../request.js";
import { RFM_TAGS, rfmState } from "../tags/rfm.loader.js";
import { parsed } from "./catalogue.loader.js";
import { nodesOf } from "./expression.js";

/** Keys of the tags that stored expressions ask for: by name, as the metric of a decline, or through the scores of RFM. */
export async function tagsAskedFor(context: RequestContext, expressions: readonly unknown[]): Promise<ReadonlySet<string>> {
  const keys = new Set<string>();
  for (const node of expressions.flatMap(parsed).flatMap((each) => [...nodesOf(each)])) {
    if (node.kind === "tag") keys.add(node.key);
    else if (node.kind === "decline" && node.metric !== undefined) keys.add(node.metric);
    else if (node.kind === "rfm") {
      const { recency, frequency, monetary } = RFM_TAGS[(await rfmState(context)()).basis];
      for (const key of [recency, frequency, monetary]) keys.add(key);
    }
  }
  return keys;
}

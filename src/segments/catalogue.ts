import type { RfmThresholds } from "../tags/rfm.js";
import type { Rights } from "./rights.js";

export interface CatalogueTag {
  readonly id: number;
  readonly key: string;
  readonly kind: "MANUAL" | "IMPORTED" | "RULE" | "METRIC" | "DECLINE" | "MODEL";
  readonly valueType: "BOOLEAN" | "NUMBER" | "TEXT";
  /** Position (from 0) of a METRIC tag in user_metric.numbers. */
  readonly slot: number | null;
  /** An engine computes it from events: at a past instant it is evaluated, not read. */
  readonly computed: boolean;
  /** Of a DECLINE tag: keys of the metrics whose fall it is. */
  readonly declineOf: readonly string[];
}

export interface RfmCatalogue {
  /** Keys of the METRIC tags that hold the three values. */
  readonly recency: string;
  readonly frequency: string;
  readonly monetary: string;
  /** Null: nobody has been refreshed yet. */
  readonly thresholds: RfmThresholds | null;
}

/** Everything an expression can name. */
export interface Catalogue {
  readonly tags: ReadonlyMap<string, CatalogueTag>;
  readonly eventTypes: ReadonlyMap<string, { readonly id: number; readonly kind: string }>;
  readonly categories: ReadonlyMap<string, number>;
  /** Expressions of the saved segments, as they were stored. */
  readonly segments: ReadonlyMap<string, unknown>;
  /** Ids of those whose members stay as they are until the next run. */
  readonly held: ReadonlyMap<string, number>;
  readonly schemes: ReadonlyMap<string, { readonly id: number; readonly tiers: readonly string[] }>;
  /** How RFM scores are made; undefined: no expression asks for them. */
  readonly rfm: RfmCatalogue | undefined;
  /** The churn definition whose scores are asked for. */
  readonly definitionId: number | undefined;
  /** Key of the model that made those scores; undefined: there are none. */
  readonly model?: string | undefined;
  /** Undefined: everything may be read. */
  readonly rights?: Rights | undefined;
  /** To whom names are not known either, in a question of their own: what else there is is as unknown as what is not there. */
  readonly shown?: Pick<Catalogue, "tags" | "segments" | "schemes"> | undefined;
}

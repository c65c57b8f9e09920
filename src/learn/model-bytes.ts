import type { Forest } from "./forest.js";
import type {
  BoostedModel,
  DecisionTreeModel,
  FittedModel,
  ForestModel,
  ImportedModel,
  LogisticModel,
  RulesModel,
} from "./model.js";

/**
 * The stored form of a model: "TMRK", the version of this format, a checksum of all that follows, the length of a JSON header, the
 * header padded to a multiple of 8 bytes, and the forest's arrays one after another, each padded likewise. Numbers are
 * little-endian, as on every processor that Node is built for today but one (s390x).
 */
export function encodeModel(model: FittedModel): Uint8Array {
  const forest = forestOf(model);
  const arrays = forest ? arraysOf(forest) : [];
  const header = new TextEncoder().encode(JSON.stringify(headerOf(model)));
  const bytes = new Uint8Array(arrays.reduce((end, array) => end + padded(array.byteLength), PREFIX + padded(header.length)));
  bytes.set(header, PREFIX);
  let offset = PREFIX + padded(header.length);
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), offset);
    offset += padded(array.byteLength);
  }
  const prefix = new DataView(bytes.buffer);
  prefix.setUint32(0, MAGIC);
  prefix.setUint32(4, VERSION, true);
  prefix.setUint32(12, header.length, true);
  prefix.setUint32(8, checksum(bytes.subarray(12)), true);
  return bytes;
}

/**
 * Reads it back: the model predicts the same numbers to the last bit.
 *
 * @throws Error when the bytes are not a model, of a version this code does not know, or damaged
 */
export function decodeModel(bytes: Uint8Array): FittedModel {
  const prefix = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < PREFIX || prefix.getUint32(0) !== MAGIC) throw new Error("These bytes are not a stored model.");
  const version = prefix.getUint32(4, true);
  if (version !== VERSION) throw new Error(`The stored model is of version ${version}; this code reads version ${VERSION}.`);
  if (prefix.getUint32(8, true) !== checksum(bytes.subarray(12))) throw new Error("The stored model is damaged.");
  const headerLength = prefix.getUint32(12, true);
  const header: Header = JSON.parse(new TextDecoder().decode(bytes.subarray(PREFIX, PREFIX + headerLength)));
  const forest = (sizes: ForestSizes) => readForest(bytes, PREFIX + padded(headerLength), sizes);
  switch (header.algorithm) {
    case "LOGISTIC_REGRESSION":
      return header;
    case "RANDOM_FOREST":
      return { ...headOf(header), forest: forest(header) };
    case "RULES":
      return { ...headOf(header), rules: forest(header) };
    case "DECISION_TREE":
      return { ...headOf(header), tree: forest(header) };
    case "GRADIENT_BOOSTED_TREES":
      return { ...headOf(header), boosted: { base: header.base, forest: forest(header) } };
    case "IMPORTED":
      return { ...headOf(header), imported: { base: header.base, forest: forest(header) } };
    default:
      throw new Error("The stored model's algorithm is unknown.");
  }
}

const MAGIC = 0x544d524b;
const VERSION = 1;
const PREFIX = 16;

interface ForestSizes {
  readonly columns: number;
  readonly trees: number;
  readonly nodes: number;
}

type Header =
  | LogisticModel
  | (Omit<RulesModel, "rules"> & ForestSizes)
  | (Omit<ForestModel, "forest"> & ForestSizes)
  | (Omit<DecisionTreeModel, "tree"> & ForestSizes)
  | (Omit<BoostedModel, "boosted"> & ForestSizes & { readonly base: number })
  | (Omit<ImportedModel, "imported"> & ForestSizes & { readonly base: number });

function headerOf(model: FittedModel): Header {
  switch (model.algorithm) {
    case "LOGISTIC_REGRESSION":
      return model;
    case "RANDOM_FOREST":
      return { ...headOf(model), ...sizesOf(model.forest) };
    case "RULES":
      return { ...headOf(model), ...sizesOf(model.rules) };
    case "DECISION_TREE":
      return { ...headOf(model), ...sizesOf(model.tree) };
    case "GRADIENT_BOOSTED_TREES": {
      const { base, forest } = model.boosted;
      return { ...headOf(model), base, ...sizesOf(forest) };
    }
    case "IMPORTED": {
      const { base, forest } = model.imported;
      return { ...headOf(model), base, ...sizesOf(forest) };
    }
  }
}

/** What is neither the forest nor its sizes. */
function headOf<T extends Pick<FittedModel, "algorithm" | "calibration" | "levels" | "words">>({
  algorithm,
  calibration,
  levels,
  words,
}: T) {
  return { algorithm: algorithm as T["algorithm"], calibration, ...(levels && { levels }), ...(words && { words }) };
}

function sizesOf(forest: Forest): ForestSizes {
  return { columns: forest.columns, trees: forest.roots.length, nodes: forest.feature.length };
}

function forestOf(model: FittedModel): Forest | null {
  switch (model.algorithm) {
    case "LOGISTIC_REGRESSION":
      return null;
    case "RANDOM_FOREST":
      return model.forest;
    case "RULES":
      return model.rules;
    case "DECISION_TREE":
      return model.tree;
    case "GRADIENT_BOOSTED_TREES":
      return model.boosted.forest;
    case "IMPORTED":
      return model.imported.forest;
  }
}

/** In the order in which they are stored; readForest reads them in the same. */
function arraysOf({ roots, feature, threshold, left, right, missingLeft, value, cover }: Forest) {
  return [roots, feature, threshold, left, right, missingLeft, value, cover];
}

function readForest(bytes: Uint8Array, start: number, { columns, trees, nodes }: ForestSizes): Forest {
  let offset = start;
  const next = (byteLength: number): ArrayBuffer => {
    const end = offset + byteLength;
    if (end > bytes.length) throw new Error("The stored model ends before its forest does.");
    // A copy, for numbers of eight bytes cannot be read at any odd place.
    const copy = new Uint8Array(bytes.subarray(offset, end)).buffer;
    offset += padded(byteLength);
    return copy;
  };
  return {
    columns,
    roots: new Int32Array(next(4 * trees)),
    feature: new Int32Array(next(4 * nodes)),
    threshold: new Float64Array(next(8 * nodes)),
    left: new Int32Array(next(4 * nodes)),
    right: new Int32Array(next(4 * nodes)),
    missingLeft: new Uint8Array(next(nodes)),
    value: new Float64Array(next(8 * nodes)),
    cover: new Float64Array(next(8 * nodes)),
  };
}

function padded(length: number): number {
  return Math.ceil(length / 8) * 8;
}

/** FNV-1a, 32 bits (Fowler, Noll & Vo; RFC 9923): against accidents, not against forgers. */
function checksum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash >>> 0;
}

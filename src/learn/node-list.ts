import type { Split } from "./split.js";

/** Nodes of a forest in the making; see Forest for what the arrays say. */
export class NodeList {
  readonly #feature: number[] = [];
  readonly #threshold: number[] = [];
  readonly #left: number[] = [];
  readonly #right: number[] = [];
  readonly #missingLeft: number[] = [];
  readonly #value: number[] = [];
  readonly #cover: number[] = [];

  /** Appends a leaf and returns its number. */
  add(cover: number, value: number): number {
    this.#feature.push(-1);
    this.#threshold.push(0);
    this.#left.push(-1);
    this.#right.push(-1);
    this.#missingLeft.push(0);
    this.#value.push(value);
    return this.#cover.push(cover) - 1;
  }

  /** Makes a leaf an inner node. */
  split(node: number, { column, threshold, missingLeft }: Omit<Split, "below">, left: number, right: number): void {
    this.#feature[node] = column;
    this.#threshold[node] = threshold;
    this.#missingLeft[node] = missingLeft ? 1 : 0;
    this.#left[node] = left;
    this.#right[node] = right;
  }

  get length(): number {
    return this.#feature.length;
  }

  /** The first `count` nodes, all when left out. */
  flattened(count = this.length) {
    return {
      feature: Int32Array.from(this.#feature.slice(0, count)),
      threshold: Float64Array.from(this.#threshold.slice(0, count)),
      left: Int32Array.from(this.#left.slice(0, count)),
      right: Int32Array.from(this.#right.slice(0, count)),
      missingLeft: Uint8Array.from(this.#missingLeft.slice(0, count)),
      value: Float64Array.from(this.#value.slice(0, count)),
      cover: Float64Array.from(this.#cover.slice(0, count)),
    };
  }
}

import { assert } from "../errors.js";

/** Postgres counts microseconds from 2000-01-01. */
export const POSTGRES_EPOCH_MS = 946_684_800_000;
const HEADER_BYTES = 19;
const TWO_32 = 4_294_967_296;
const NUMERIC_NEGATIVE = 0x4000;

/** A cursor over binary rows. A field that is null reads as NaN (numbers), null (text) or no elements (arrays). Valid only until the cursor moves. */
export class CopyRow {
  #view: DataView = new DataView(new ArrayBuffer(0));
  #buffer: Buffer = Buffer.alloc(0);
  #starts = new Int32Array(64);
  #lengths = new Int32Array(64);

  /** The buffer that the following positions are in. */
  attach(buffer: Buffer): void {
    this.#buffer = buffer;
    this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  }

  skipHeader(from: number, end: number): number {
    assert(
      end - from >= HEADER_BYTES && this.#buffer.toString("latin1", from, from + 6) === "PGCOPY",
      "a binary copy begins with its signature",
    );
    return from + HEADER_BYTES + this.#view.getInt32(from + 15);
  }

  /** Moves to the row at `from`; gives where it ends, or -1 at the trailer. */
  moveTo(from: number): number {
    const view = this.#view;
    const fields = view.getInt16(from);
    let at = from + 2;
    for (let field = 0; field < fields; field++) {
      const length = view.getInt32(at);
      at += 4;
      this.#starts[field] = at;
      this.#lengths[field] = length;
      if (length > 0) at += length;
    }
    return fields < 0 ? -1 : at;
  }

  isNull(field: number): boolean {
    return this.#lengths[field]! < 0;
  }

  bool(field: number): boolean {
    return !this.isNull(field) && this.#view.getUint8(this.#starts[field]!) === 1;
  }

  int4(field: number): number {
    return this.isNull(field) ? Number.NaN : this.#view.getInt32(this.#starts[field]!);
  }

  /** Exact below 2^53. */
  int8(field: number): number {
    if (this.isNull(field)) return Number.NaN;
    const at = this.#starts[field]!;
    return this.#view.getInt32(at) * TWO_32 + this.#view.getUint32(at + 4);
  }

  float8(field: number): number {
    return this.isNull(field) ? Number.NaN : this.#view.getFloat64(this.#starts[field]!);
  }

  /** timestamptz as milliseconds since 1970, with the microseconds as a fraction. */
  epochMs(field: number): number {
    return this.int8(field) / 1000 + POSTGRES_EPOCH_MS;
  }

  /** date as the number of days since 1970-01-01. */
  day(field: number): number {
    return this.int4(field) + 10_957;
  }

  /** numeric(19,4) as a whole number of 1e-4 units: Postgres keeps digits to the base 10,000, so nothing is rounded below 2^53. */
  money(field: number): number {
    if (this.isNull(field)) return Number.NaN;
    const at = this.#starts[field]!;
    const digits = this.#view.getInt16(at);
    const weight = this.#view.getInt16(at + 2);
    const sign = this.#view.getUint16(at + 4);
    if (sign > NUMERIC_NEGATIVE) return Number.NaN;
    let units = 0;
    for (let digit = 0; digit < digits; digit++) units = units * 10_000 + this.#view.getInt16(at + 8 + digit * 2);
    for (let missing = digits; missing < weight + 2; missing++) units *= 10_000;
    return sign === NUMERIC_NEGATIVE ? -units : units;
  }

  text(field: number): string | null {
    const at = this.#starts[field]!;
    return this.isNull(field) ? null : this.#buffer.toString("utf8", at, at + this.#lengths[field]!);
  }

  /** bytea, as a copy. */
  bytes(field: number): Uint8Array {
    const at = this.#starts[field]!;
    return this.isNull(field) ? new Uint8Array(0) : Buffer.copyBytesFrom(this.#buffer, at, this.#lengths[field]!);
  }

  /** How many elements an array has. */
  count(field: number): number {
    const at = this.#starts[field]!;
    return this.isNull(field) || this.#view.getInt32(at) === 0 ? 0 : this.#view.getInt32(at + 12);
  }

  /** Writes the elements of an int4[] without nulls into `into` from `offset`; gives how many. The array must have room: ask `count`. */
  int4s(field: number, into: Int32Array, offset: number): number {
    const count = this.count(field);
    let at = this.#starts[field]! + 20;
    for (let element = 0; element < count; element++) {
      into[offset + element] = this.#view.getInt32(at + 4);
      at += 8;
    }
    return count;
  }

  /** Writes the elements of a float8[] into `into` from `offset`, null as NaN; gives how many. */
  float8s(field: number, into: Float64Array, offset: number): number {
    const count = this.count(field);
    let at = this.#starts[field]! + 20;
    for (let element = 0; element < count; element++) {
      const missing = this.#view.getInt32(at) < 0;
      into[offset + element] = missing ? Number.NaN : this.#view.getFloat64(at + 4);
      at += missing ? 4 : 12;
    }
    return count;
  }
}

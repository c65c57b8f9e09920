import { assert } from "../errors.js";
import { POSTGRES_EPOCH_MS } from "./copy-row.js";

const HEADER = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");
/** A chunk is sent when it has grown past this: larger ones were no faster. */
const CHUNK_BYTES = 65_536;
const TWO_32 = 4_294_967_296;
const INT4 = 23;
const FLOAT8 = 701;

/** Fills the fields of binary rows in order; a null or NaN is written as null. */
export class CopyWriter {
  #buffer: Buffer = Buffer.allocUnsafe(CHUNK_BYTES * 2);
  #view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset, this.#buffer.byteLength);
  #at = HEADER.copy(this.#buffer);
  #rowAt = -1;
  #fields = 0;

  beginRow(): void {
    this.#endRow();
    this.#room(2);
    this.#rowAt = this.#at;
    this.#at += 2;
  }

  get full(): boolean {
    return this.#at >= CHUNK_BYTES;
  }

  /** The bytes so far; the writer goes on in a fresh buffer, since the socket may hold these for a while. */
  take(): Buffer {
    this.#endRow();
    const taken = this.#buffer.subarray(0, this.#at);
    this.#replace(CHUNK_BYTES * 2, 0);
    return taken;
  }

  finish(): Buffer {
    this.#endRow();
    this.#room(2);
    this.#view.setInt16(this.#at, -1);
    this.#at += 2;
    return this.take();
  }

  null(): void {
    this.#field(-1, 0);
  }

  bool(value: boolean | null): void {
    if (this.#absent(value)) return;
    this.#field(1, 1);
    this.#view.setUint8(this.#at++, value ? 1 : 0);
  }

  int4(value: number | null): void {
    if (this.#absent(value)) return;
    this.#field(4, 4);
    this.#view.setInt32(this.#at, value);
    this.#at += 4;
  }

  /** Whole numbers below 2^53, as a number or as text of digits. */
  int8(value: number | string | null): void {
    const number = Number(value);
    if (this.#absent(value === null ? null : number)) return;
    assert(Number.isSafeInteger(number), "ids stay below 2^53");
    this.#field(8, 8);
    const high = Math.floor(number / TWO_32);
    this.#view.setInt32(this.#at, high);
    this.#view.setUint32(this.#at + 4, number - high * TWO_32);
    this.#at += 8;
  }

  float8(value: number | null): void {
    if (this.#absent(value)) return;
    this.#field(8, 8);
    this.#view.setFloat64(this.#at, value);
    this.#at += 8;
  }

  /** Milliseconds since 1970 as timestamptz. */
  epochMs(value: number | null): void {
    if (this.#absent(value)) return;
    this.int8(Math.round((value - POSTGRES_EPOCH_MS) * 1000));
  }

  /** Days since 1970-01-01 as date. */
  day(value: number): void {
    this.int4(value - 10_957);
  }

  /** A whole number of 1e-4 units as numeric(19,4). */
  money(units: number | null): void {
    if (this.#absent(units)) return;
    assert(Number.isSafeInteger(units), "amounts are whole numbers of 1e-4 below 2^53");
    let rest = Math.abs(units);
    let digits = 0;
    for (let left = rest; left > 0; left = Math.floor(left / 10_000)) digits++;
    this.#field(8 + digits * 2, 8 + digits * 2);
    this.#view.setInt16(this.#at, digits);
    this.#view.setInt16(this.#at + 2, digits - 2);
    this.#view.setUint16(this.#at + 4, units < 0 ? 0x4000 : 0);
    this.#view.setInt16(this.#at + 6, 4);
    for (let digit = digits - 1; digit >= 0; digit--) {
      const left = Math.floor(rest / 10_000);
      this.#view.setInt16(this.#at + 8 + digit * 2, rest - left * 10_000);
      rest = left;
    }
    this.#at += 8 + digits * 2;
  }

  text(value: string | null | undefined): void {
    if (this.#absent(value)) return;
    // The length is known once the text is written: three bytes a UTF-16 unit are enough.
    this.#field(0, value.length * 3);
    this.#putText(value);
  }

  bytes(value: Uint8Array | null): void {
    if (this.#absent(value)) return;
    this.#field(value.length, value.length);
    this.#buffer.set(value, this.#at);
    this.#at += value.length;
  }

  json(value: unknown): void {
    if (this.#absent(value)) return;
    const text = JSON.stringify(value);
    this.#field(0, 1 + text.length * 3);
    const lengthAt = this.#at - 4;
    // The version of the jsonb format.
    this.#view.setUint8(this.#at++, 1);
    this.#putText(text, lengthAt);
  }

  int4s(values: ArrayLike<number> | null): void {
    if (this.#absent(values)) return;
    this.#array(values.length, INT4, 8);
    for (let element = 0; element < values.length; element++) {
      this.#view.setInt32(this.#at, 4);
      this.#view.setInt32(this.#at + 4, values[element]!);
      this.#at += 8;
    }
  }

  /** NaN becomes a null element. */
  float8s(values: ArrayLike<number> | null): void {
    if (this.#absent(values)) return;
    let missing = 0;
    for (let element = 0; element < values.length; element++) if (Number.isNaN(values[element]!)) missing++;
    this.#array(values.length, FLOAT8, 12, missing);
    for (let element = 0; element < values.length; element++) {
      const value = values[element]!;
      if (Number.isNaN(value)) {
        this.#view.setInt32(this.#at, -1);
        this.#at += 4;
      } else {
        this.#view.setInt32(this.#at, 8);
        this.#view.setFloat64(this.#at + 4, value);
        this.#at += 12;
      }
    }
  }

  /** Writes null where there is no value. */
  #absent<T>(value: T | null | undefined): value is null | undefined {
    const absent = value === null || value === undefined || Number.isNaN(value);
    if (absent) this.null();
    return absent;
  }

  #array(count: number, type: number, elementBytes: number, missing = 0): void {
    if (count === 0) {
      this.#field(12, 12);
      this.#view.setInt32(this.#at, 0);
    } else {
      const bytes = 20 + count * elementBytes - missing * (elementBytes - 4);
      this.#field(bytes, bytes);
      this.#view.setInt32(this.#at, 1);
      this.#view.setInt32(this.#at + 12, count);
      this.#view.setInt32(this.#at + 16, 1);
    }
    this.#view.setInt32(this.#at + 4, missing > 0 ? 1 : 0);
    this.#view.setInt32(this.#at + 8, type);
    this.#at += count === 0 ? 12 : 20;
  }

  #field(length: number, room: number): void {
    this.#room(room + 4);
    this.#view.setInt32(this.#at, length);
    this.#at += 4;
    this.#fields++;
  }

  #putText(value: string, lengthAt = this.#at - 4): void {
    this.#at += this.#buffer.write(value, this.#at);
    this.#view.setInt32(lengthAt, this.#at - lengthAt - 4);
  }

  #endRow(): void {
    if (this.#rowAt >= 0) this.#view.setInt16(this.#rowAt, this.#fields);
    this.#rowAt = -1;
    this.#fields = 0;
  }

  #room(bytes: number): void {
    if (this.#at + bytes > this.#buffer.length) this.#replace((this.#at + bytes) * 2, this.#at);
  }

  #replace(bytes: number, keep: number): void {
    const larger = Buffer.allocUnsafe(bytes);
    this.#buffer.copy(larger, 0, 0, keep);
    this.#buffer = larger;
    this.#view = new DataView(larger.buffer, larger.byteOffset, larger.byteLength);
    this.#at = keep;
  }
}

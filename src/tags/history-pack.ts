import { assert } from "../errors.js";
import { POSTGRES_EPOCH_MS } from "../store/copy-row.js";
import { type Histories, HistoryWriter } from "./history.js";

/*
 * One user's events, oldest first. Numbers are varints (seven bits a byte, the lowest first), without a sign. Of each event: microseconds
 * since the one before (of the first: a byte that is 1 before 2000, and how far it lies from 2000), its type times eight with a bit for an
 * amount, one for a negative one, and one for categories; then the amount in units of 1e-4, then the number of categories and they. An
 * order of two categories takes some 14 bytes.
 */
const HAS_AMOUNT = 1;
const IS_NEGATIVE = 2;
const HAS_CATEGORIES = 4;
const FLAGS = 8;

/** Writes histories as bytes, one user after the other into one buffer. */
export class HistoryPacker {
  #bytes = new Uint8Array(65_536);
  #at = 0;

  /** The bytes of one user's events; valid until the next call. */
  pack(histories: Histories, user: number): Uint8Array {
    const { offsets, typeIds, amounts, categoryOffsets, categories } = histories;
    const from = offsets[user]!;
    const to = offsets[user + 1]!;
    this.#at = 0;
    // Six varints of at most ten bytes are room enough for an event without its categories.
    this.#room(60 * (to - from) + 1 + 5 * (categoryOffsets[to]! - categoryOffsets[from]!));
    let before = 0;
    for (let event = from; event < to; event++) {
      const micros = microsOf(histories.at[event]!);
      if (event === from) this.#put(micros < 0 ? 1 : 0);
      this.#put(event === from ? Math.abs(micros) : micros - before);
      before = micros;
      const amount = amounts[event]!;
      const first = categoryOffsets[event]!;
      const end = categoryOffsets[event + 1]!;
      const hasAmount = !Number.isNaN(amount);
      const flags = (hasAmount ? HAS_AMOUNT : 0) | (amount < 0 ? IS_NEGATIVE : 0) | (end > first ? HAS_CATEGORIES : 0);
      this.#put(typeIds[event]! * FLAGS + flags);
      if (hasAmount) this.#put(Math.abs(amount));
      if (end > first) {
        this.#put(end - first);
        for (let category = first; category < end; category++) this.#put(categories[category]!);
      }
    }
    return this.#bytes.subarray(0, this.#at);
  }

  #put(value: number): void {
    assert(value >= 0, "what is packed was made positive before");
    let rest = value;
    while (rest >= 0x80000000) {
      this.#bytes[this.#at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 128) {
      this.#bytes[this.#at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.#bytes[this.#at++] = rest;
  }

  #room(bytes: number): void {
    if (bytes > this.#bytes.length) this.#bytes = new Uint8Array(bytes * 2);
  }
}

/** Puts packed histories and what came after them together, user after user. */
export class HistoryJoiner {
  readonly #unpacker = new HistoryUnpacker();
  readonly #packed = new HistoryWriter(1);

  /** @param recent with events before the instant only */
  constructor(
    readonly recent: Histories,
    readonly before: number,
  ) {}

  /** Adds a user of `recent` with all events before the instant: of those at one time the packed ones come first, for theirs are the lower numbers. */
  join(packed: Uint8Array | null, place: number, writer: HistoryWriter): void {
    const { userIds, offsets, at } = this.recent;
    const end = offsets[place + 1]!;
    let next = offsets[place]!;
    writer.user(userIds[place]!);
    if (packed === null || next === end) {
      if (packed !== null) this.#unpacker.unpack(packed, this.before, writer);
      for (; next < end; next++) writer.copy(this.recent, next);
      return;
    }
    this.#packed.clear();
    this.#packed.user(userIds[place]!);
    this.#unpacker.unpack(packed, this.before, this.#packed);
    const earlier = this.#packed.finish();
    for (let event = 0; event < earlier.at.length; event++) {
      for (; next < end && at[next]! < earlier.at[event]!; next++) writer.copy(this.recent, next);
      writer.copy(earlier, event);
    }
    for (; next < end; next++) writer.copy(this.recent, next);
  }
}

/** Reads packed histories. */
class HistoryUnpacker {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;

  /** Adds the events before an instant to the user that `writer` is at. */
  unpack(bytes: Uint8Array, before: number, writer: HistoryWriter): void {
    this.#bytes = bytes;
    this.#at = 0;
    let micros = 0;
    for (let isFirst = true; this.#at < bytes.length; isFirst = false) {
      const sign = isFirst && this.#take() === 1 ? -1 : 1;
      micros += sign * this.#take();
      const at = epochMs(micros);
      if (at >= before) return;
      const head = this.#take();
      const flags = head % FLAGS;
      let amount = flags & HAS_AMOUNT ? this.#take() : Number.NaN;
      if (flags & IS_NEGATIVE) amount = -amount;
      writer.event(at, (head - flags) / FLAGS, amount);
      if (flags & HAS_CATEGORIES) for (let left = this.#take(); left > 0; left--) writer.category(this.#take());
    }
  }

  #take(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.#at++]!;
    if (byte < 128) return byte;
    let value = byte & 127;
    byte = bytes[this.#at++]!;
    value |= (byte & 127) << 7;
    if (byte < 128) return value;
    byte = bytes[this.#at++]!;
    value |= (byte & 127) << 14;
    if (byte < 128) return value;
    byte = bytes[this.#at++]!;
    value |= (byte & 127) << 21;
    // Further bits do not fit the processor's 32.
    for (let factor = 268_435_456; byte >= 128; factor *= 128) {
      byte = bytes[this.#at++]!;
      value += (byte & 127) * factor;
    }
    return value;
  }
}

/** From microseconds since 2000, the same way on every path, so that not even a rounding differs. */
export function epochMs(micros: number): number {
  return micros / 1000 + POSTGRES_EPOCH_MS;
}

function microsOf(at: number): number {
  return Math.round((at - POSTGRES_EPOCH_MS) * 1000);
}

import { createReadStream, type Stats, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename } from "node:path";
import type { Readable } from "node:stream";
import { TextDecoder } from "node:util";
import { createGunzip } from "node:zlib";
import { TidemarkError } from "../errors.js";

/** A file as text, piece by piece; gzip is told by its content. */
export interface TextFile {
  readonly name: string;
  readonly bytes: number;
  /** Bytes of the file read so far, for progress. */
  bytesRead(): number;
  pieces(): AsyncGenerator<string>;
}

const PIECE_BYTES = 262_144;

export async function openTextFile(path: string): Promise<TextFile> {
  const stats = statOf(path);
  if (stats.isDirectory()) throw badFile(path, "is a directory; name a file in it");
  if (!stats.isFile()) throw badFile(path, "is not a file that can be read through");
  if (stats.size === 0) throw badFile(path, "is empty; there is nothing to import");
  const zipped = await isGzip(path);
  const source = createReadStream(path, { highWaterMark: PIECE_BYTES });
  return {
    name: basename(path),
    bytes: stats.size,
    bytesRead: () => source.bytesRead,
    async *pieces() {
      const stream: Readable = zipped ? source.pipe(createGunzip({ chunkSize: PIECE_BYTES })) : source;
      // A pipe does not hand on errors of its source.
      source.on("error", (error) => stream.destroy(error));
      let decoder: TextDecoder | undefined;
      try {
        for await (const chunk of stream as AsyncIterable<Buffer>) {
          if (!decoder) {
            decoder = decoderFor(chunk);
            const first = decoder.decode(chunk, { stream: true });
            if (isBinary(first))
              throw badFile(path, "is not text (UTF-8, or UTF-16 with its mark); export it as CSV or NDJSON first");
            yield first;
          } else yield decoder.decode(chunk, { stream: true });
        }
      } catch (error) {
        if (error instanceof TidemarkError) throw error;
        if (error instanceof Error && "code" in error && String(error.code).startsWith("Z_"))
          throw badFile(path, "is a damaged or cut-off gzip file; fetch it again");
        if (error instanceof Error && "syscall" in error) throw badFile(path, `cannot be read (${error.message})`);
        throw error;
      } finally {
        source.destroy();
      }
      if (decoder) yield decoder.decode();
    },
  };
}

export function badFile(path: string, fault: string): TidemarkError {
  return new TidemarkError("BAD_FILE", `${path} ${fault}.`);
}

function statOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : "";
    if (code === "ENOENT" || code === "ENOTDIR") throw badFile(path, "does not exist; check the path");
    throw badFile(path, `cannot be opened (${String(code)}); check who may read it`);
  }
}

async function isGzip(path: string): Promise<boolean> {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } catch (cause) {
    throw badFile(path, `cannot be opened (${cause instanceof Error ? cause.message : String(cause)}); check who may read it`);
  }
}

/** The byte order mark, where there is one, tells the encoding and is no part of the text. */
function decoderFor(chunk: Buffer): TextDecoder {
  if (chunk[0] === 0xff && chunk[1] === 0xfe) return new TextDecoder("utf-16le");
  if (chunk[0] === 0xfe && chunk[1] === 0xff) return new TextDecoder("utf-16be");
  return new TextDecoder("utf-8");
}

/** More than one in a hundred characters that no text has. */
function isBinary(text: string): boolean {
  let strange = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0xfffd || (code < 32 && code !== 9 && code !== 10 && code !== 13 && code !== 12)) strange++;
  }
  return strange > text.length / 100;
}

import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { TidemarkError } from "../errors.js";
import type { ImportMap, Lookup, ValueSource } from "./import-map.js";
import { formatOf, splitterOf } from "./import-records.js";
import { openTextFile } from "./text-file.step.js";

/** A lookup is held in memory. */
const MOST_ENTRIES = 5_000_000;

/** The second files that a map names, sought beside the file and then beside the map, with or without `.gz`. */
export async function loadLookups(
  map: ImportMap,
  folders: readonly string[],
): Promise<Map<ValueSource, ReadonlyMap<string, string>>> {
  const sources = [map.user, map.channel, ...(map.kind === "events" ? [map.type, map.category] : [])];
  const tables = new Map<ValueSource, ReadonlyMap<string, string>>();
  for (const source of sources)
    if (source && "lookup" in source && source.lookup) tables.set(source, await load(source.lookup, folders));
  return tables;
}

async function load(lookup: Lookup, folders: readonly string[]): Promise<Map<string, string>> {
  const names = [lookup.file, `${lookup.file}.gz`];
  const paths = isAbsolute(lookup.file) ? names : folders.flatMap((folder) => names.map((name) => join(folder, name)));
  const path = paths.find((candidate) => existsSync(candidate));
  if (path === undefined)
    throw new TidemarkError(
      "BAD_MAP",
      `The lookup file ${lookup.file} lies neither beside the file nor beside the map; put it there, or give its whole path.`,
    );
  const file = await openTextFile(path);
  const table = new Map<string, string>();
  let places: [number, number] | undefined;
  const splitter = splitterOf({
    format: formatOf(file.name) ?? "csv",
    delimiter: undefined,
    names: [lookup.key, lookup.value],
    onRecord(fields) {
      if (places === undefined) {
        places = [fields.indexOf(lookup.key), fields.indexOf(lookup.value)];
        if (Math.min(...places) < 0)
          throw new TidemarkError(
            "BAD_MAP",
            `The lookup file ${file.name} has no column ${places[0] < 0 ? lookup.key : lookup.value}; it has ${fields.join(", ").slice(0, 400)}.`,
          );
      } else {
        table.set(fields[places[0]]!.trim(), fields[places[1]]!.trim());
        if (table.size > MOST_ENTRIES)
          throw new TidemarkError(
            "BAD_MAP",
            `The lookup file ${file.name} has more than ${MOST_ENTRIES} rows; join it beforehand.`,
          );
      }
    },
    onBroken() {},
  });
  for await (const piece of file.pieces()) splitter.push(piece);
  splitter.end();
  return table;
}

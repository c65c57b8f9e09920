import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

let known: string | undefined;

/**
 * The package's version, and twelve digits of a hash of what trains: learn, math and this room. Two models of one data fingerprint, one
 * seed and one code version are the same bytes.
 */
export function codeVersion(): string {
  known ??= `${packageVersion()}+${hashOfTrainer()}`;
  return known;
}

const HERE = dirname(fileURLToPath(import.meta.url));

function packageVersion(): string {
  // From the sources it is two folders up, from what was compiled of them three.
  for (const path of ["../../package.json", "../../../package.json"]) {
    try {
      const { version } = JSON.parse(readFileSync(join(HERE, path), "utf8")) as { version: string };
      return version;
    } catch {
      // Looked for in the next place.
    }
  }
  return "unknown";
}

function hashOfTrainer(): string {
  const hash = createHash("sha256");
  for (const room of ["learn", "math", "scores"]) {
    const folder = join(HERE, "..", room);
    for (const file of readdirSync(folder).sort())
      if (/\.(js|ts)$/.test(file) && !file.endsWith(".d.ts")) hash.update(file).update(readFileSync(join(folder, file)));
  }
  return hash.digest("hex").slice(0, 12);
}

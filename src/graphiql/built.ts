import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the page is built from and to. */
export const ROOT = packageRoot();
export const GRAPHIQL_SOURCE = join(ROOT, "src", "graphiql");
export const GRAPHIQL_DIRECTORY = join(ROOT, "dist", "graphiql");
const OPERATIONS = join(ROOT, "schema", "operations");

/** Written into the page's folder by the build: the hash of what it was built from. */
export const STAMP = "stamp.txt";

export function stampOf(directory: string): string | undefined {
  const file = join(directory, STAMP);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** What the page is made from: its source, the operations in its tabs, and the version of GraphiQL. */
export function sourceHash(): string {
  const hash = createHash("sha256");
  const files = [...filesOf(GRAPHIQL_SOURCE), ...filesOf(OPERATIONS), join(ROOT, "node_modules", "graphiql", "package.json")];
  for (const file of files) if (existsSync(file)) hash.update(readFileSync(file)).update("\0");
  return hash.digest("hex");
}

function filesOf(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .sort()
    .map((name) => join(directory, name));
}

/** The folder of package.json, from the source as from the compiled file. */
function packageRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, "package.json")) && dirname(directory) !== directory) directory = dirname(directory);
  return directory;
}

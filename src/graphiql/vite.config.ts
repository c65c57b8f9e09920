import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { defineConfig } from "vite";
import { GRAPHIQL_DIRECTORY, STAMP, sourceHash } from "./built.js";

// Built beside the page in use and put in its place when it is whole: a reader never sees half of it.
const building = `${GRAPHIQL_DIRECTORY}.${process.pid}`;

export default defineConfig({
  root: import.meta.dirname,
  base: "/graphiql/",
  build: {
    outDir: building,
    emptyOutDir: true,
    target: "es2022",
    // Monaco is 4 MB whatever one does; it is read from this machine.
    chunkSizeWarningLimit: 10_000,
    rolldownOptions: {
      // "use client" and its like mean nothing in a page; a hundred warnings of them would hide the one that counts.
      onLog: (level, log, report) => {
        if (log.code !== "MODULE_LEVEL_DIRECTIVE") report(level, log);
      },
    },
  },
  worker: { format: "es" },
  plugins: [
    {
      name: "put-in-place",
      closeBundle: {
        order: "post",
        handler(error?: Error) {
          if (error) return;
          writeFileSync(join(building, STAMP), sourceHash());
          putInPlace();
          removeAbandoned();
        },
      },
    },
  ],
});

function putInPlace(): void {
  rmSync(GRAPHIQL_DIRECTORY, { recursive: true, force: true });
  try {
    renameSync(building, GRAPHIQL_DIRECTORY);
  } catch (cause) {
    // Another process put the same page there in between.
    if (!existsSync(GRAPHIQL_DIRECTORY)) throw cause;
    rmSync(building, { recursive: true, force: true });
  }
}

/** What builds left behind whose process was stopped in the middle. */
function removeAbandoned(): void {
  for (const name of readdirSync(dirname(GRAPHIQL_DIRECTORY))) {
    const pid = new RegExp(`^${basename(GRAPHIQL_DIRECTORY)}\\.(\\d+)$`).exec(name)?.[1];
    if (pid !== undefined && !runs(Number(pid)))
      rmSync(join(dirname(GRAPHIQL_DIRECTORY), name), { recursive: true, force: true });
  }
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

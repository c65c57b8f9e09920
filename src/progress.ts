import type { Writable } from "node:stream";

/** Says what is being done; lines that take over a second are brought up to date in place on a terminal. */
export interface Progress {
  /** A step that is being done. */
  line(text: string): void;
  /** How far a long step is: twice a second on a terminal, every five seconds in a log. */
  part(text: string, done: number, total: number): void;
}

const INTERVAL_MS = 500;
/** Where lines stay, as in a log, fewer are enough. */
const LOG_INTERVAL_MS = 5_000;

export function progressOn(output: Writable & { readonly isTTY?: boolean }): Progress {
  let lastAt = 0;
  let open = false;
  let shown = "";
  const close = () => {
    if (open) output.write("\n");
    open = false;
  };
  return {
    line(text) {
      close();
      output.write(`  ${text}\n`);
      lastAt = Date.now();
    },
    part(text, done, total) {
      const now = Date.now();
      if (now - lastAt < (output.isTTY ? INTERVAL_MS : LOG_INTERVAL_MS) && done < total) return;
      // A step that was over within the interval needs no progress.
      if (done >= total && !open) return;
      lastAt = now;
      const line = `  ${text} ${total > 0 ? `${Math.floor((100 * done) / total)} %` : ""}`;
      if (line === shown) return;
      if (output.isTTY) {
        output.write(`\r${line.padEnd(shown.length)}`);
        open = true;
      } else output.write(`${line}\n`);
      shown = line;
      if (done >= total) close();
    },
  };
}

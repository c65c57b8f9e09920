const OLDEST_NODE = 22;

/** npm scripts run the Node that came with the packages; started by hand the host's own may be too old. */
export function requireNode(): void {
  const major = Number(process.versions.node.split(".")[0]);
  if (major >= OLDEST_NODE) return;
  process.stderr.write(
    `Tidemark needs Node ${OLDEST_NODE} or newer and this is ${process.versions.node}. Start it with npm start (or npx tidemark), which use the Node that npm ci installed, or install a newer Node.\n`,
  );
  process.exit(2);
}

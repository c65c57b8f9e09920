import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { RequestHandler } from "express";
import { quarantineExport } from "./events/quarantine.export.js";
import { EXPORT_FORMATS, type Export, type ExportFormat, textOf } from "./export.js";
import { HttpRefusal } from "./gate/refusal.js";
import { EXPORT_PERMISSIONS } from "./people/permission.js";
import type { RequestContext } from "./request.js";
import { sampleExport } from "./scores/sample.export.js";
import { segmentExport } from "./segments/segment.export.js";

/** Everything that can be had as a file, in pipeline order. */
export const exports: readonly Export[] = [quarantineExport, sampleExport, segmentExport];

const TYPES: Readonly<Record<ExportFormat, string>> = { csv: "text/csv; charset=utf-8", ndjson: "application/x-ndjson" };

/** GET /exports/NAME?format=csv&...: what is refused is refused before the first byte; a file that cannot be ended is cut off. */
export function answerExport(contextOf: (response: Parameters<RequestHandler>[1]) => RequestContext): RequestHandler {
  return async (request, response) => {
    const context = contextOf(response);
    const found = exports.find(({ name }) => name === request.params.name);
    if (!found)
      throw new HttpRefusal(
        404,
        "NOT_FOUND",
        `There is no such export; there are ${exports.map(({ name }) => name).join(", ")}.`,
      );
    const roles = EXPORT_PERMISSIONS[found.name] ?? [];
    if (!roles.includes(context.viewer.role))
      throw new HttpRefusal(
        403,
        "FORBIDDEN",
        `The export ${found.name} is not for a key of the role ${context.viewer.role}; ask the owner for one of ${roles.join(" or ")}.`,
      );
    const parameters = new Map(new URL(request.originalUrl, "http://here").searchParams);
    const format = formatOf(parameters);
    const table = await found.open(context, parameters);
    response.set({
      "content-type": TYPES[format],
      "content-disposition": `attachment; filename="${table.fileName.replace(/[^\w.-]/g, "_")}.${format}"`,
      "cache-control": "no-store",
    });
    await pipeline(Readable.from(textOf(table, format)), response);
  };
}

function formatOf(parameters: Map<string, string>): ExportFormat {
  const wanted = parameters.get("format") ?? "csv";
  parameters.delete("format");
  const format = EXPORT_FORMATS.find((each) => each === wanted);
  if (format) return format;
  throw new HttpRefusal(400, "BAD_INPUT", `format is ${JSON.stringify(wanted.slice(0, 40))}; there are csv and ndjson.`);
}

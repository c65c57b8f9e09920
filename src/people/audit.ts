/** What of a mutation's arguments is kept: what it was about, in keys, and never what was written about a person. */
export type AuditSubject = Readonly<Record<string, string | number | boolean>>;

/** Arguments whose values are keys, or words of the API. A person's external id, attributes, reasons and texts are none. */
const KEPT = new Set([
  ...["key", "id", "kind", "to", "with", "role", "department", "visibility", "right", "expiresAt", "subject"],
  ...["type", "personal", "definition", "template", "algorithm", "promote", "model", "mode", "revision", "scheme", "source"],
]);
const LONGEST_KEPT = 100;

export function auditSubject(args: Readonly<Record<string, unknown>>): AuditSubject {
  const kept: Record<string, string | number | boolean> = {};
  const { input, ...others } = args;
  for (const [name, value] of [...Object.entries(others), ...Object.entries(isObject(input) ? input : {})]) {
    if (Array.isArray(value)) kept[name] = value.length;
    else if (KEPT.has(name) && (typeof value === "number" || typeof value === "boolean")) kept[name] = value;
    else if (KEPT.has(name) && typeof value === "string")
      kept[name] = value.slice(0, LONGEST_KEPT).replaceAll("\0", "").toWellFormed();
    else if (KEPT.has(name) && value instanceof Date) kept[name] = value.toISOString();
  }
  return kept;
}

/** The codes by which a payload says no, and how many of its rows it did not take. */
export function auditOutcome(payload: unknown): { readonly codes: readonly string[]; readonly rejected: number } {
  if (!isObject(payload)) return { codes: [], rejected: 0 };
  const { errors, rejected } = payload;
  const codes = Array.isArray(errors) ? errors.flatMap((error: unknown) => (isObject(error) ? [String(error.code)] : [])) : [];
  return { codes: [...new Set(codes)], rejected: Array.isArray(rejected) ? rejected.length : 0 };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

import { createHash, randomBytes } from "node:crypto";
import { TidemarkError } from "../errors.js";
import type { Role } from "../request.js";
import type { Session } from "../store/pool.js";
import { COMPANY, departmentIdOf, unknownDepartment } from "./department.step.js";

export interface ApiKeyRow {
  readonly id: number;
  readonly prefix: string;
  readonly name: string;
  readonly role: Role;
  readonly department: string;
  readonly sources: readonly string[] | null;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
}

export interface NewApiKey {
  readonly name: string;
  readonly role: Role;
  /** Key of the department; default: the company. */
  readonly department?: string | null | undefined;
  /** Keys of the only sources that it may write facts of; null: of any. */
  readonly sources?: readonly string[] | null | undefined;
  readonly expiresAt: Date | null;
}

const COLUMNS = `id, prefix, name, role, (select d.key from department d where d.id = department_id) as department, sources, created_at as "createdAt", created_by as "createdBy", expires_at as "expiresAt", revoked_at as "revokedAt", last_used_at as "lastUsedAt"`;
const LONGEST_NAME = 200;
export const MOST_KEYS = 1_000;
const MOST_SOURCES = 50;

/** A key is 256 random bits, so a plain hash is enough: 3 microseconds, where argon2 on every request would be a denial of service. */
export function hashOfKey(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

/** The part of a key by which it is found; undefined: not the form of a key of ours. */
export function prefixOfKey(key: string): string | undefined {
  return /^(tdm_[a-z0-9]{12})\.[\w-]{43}$/.exec(key)?.[1];
}

/** Makes a key; the secret is what comes back, and is kept nowhere. @throws TidemarkError BAD_INPUT or TOO_COMPLEX */
export async function createApiKey(
  session: Session,
  { name, role, department, sources, expiresAt }: NewApiKey,
  by: string,
  now: Date,
): Promise<{ readonly key: ApiKeyRow; readonly secret: string }> {
  if (name.trim() === "" || name.length > LONGEST_NAME || name.includes("\0") || !name.isWellFormed())
    throw new TidemarkError("BAD_INPUT", `A key's name says who uses it, in 1 to ${LONGEST_NAME} characters.`, { at: "name" });
  if (expiresAt && expiresAt <= now)
    throw new TidemarkError("BAD_INPUT", `expiresAt is ${expiresAt.toISOString()}, which has passed; name a time to come.`, {
      at: "expiresAt",
    });
  if (sources && (sources.length === 0 || sources.length > MOST_SOURCES || sources.some((source) => source.trim() === "")))
    throw new TidemarkError("BAD_INPUT", `sources names 1 to ${MOST_SOURCES} sources; leave it out where any may be written.`, {
      at: "sources",
    });
  const departmentId = await departmentIdOf(session, department ?? COMPANY);
  if (departmentId === undefined) throw unknownDepartment(department!, "department");
  const [count] = await session.read<{ full: boolean }>(
    `select count(*) >= ${MOST_KEYS} as full from api_key where revoked_at is null`,
  );
  if (count!.full) throw new TidemarkError("TOO_COMPLEX", `There are ${MOST_KEYS} keys in use already; revoke some.`);
  const prefix = `tdm_${randomBytes(8).readBigUInt64BE().toString(36).padStart(13, "0").slice(0, 12)}`;
  const secret = `${prefix}.${randomBytes(32).toString("base64url")}`;
  const [key] = await session.read<ApiKeyRow>(
    `insert into api_key (prefix, hash, name, role, created_at, created_by, expires_at, department_id, sources)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning ${COLUMNS}`,
    [prefix, hashOfKey(secret), name.trim(), role, now, by, expiresAt, departmentId, sources ?? null],
  );
  return { key: key!, secret };
}

/** Ends a key; undefined: there is none. One that has ended stays as it was. */
export async function revokeApiKey(session: Session, id: number, now: Date): Promise<ApiKeyRow | undefined> {
  const [key] = await session.read<ApiKeyRow>(
    `update api_key set revoked_at = coalesce(revoked_at, $2) where id = $1 returning ${COLUMNS}`,
    [id, now],
  );
  return key;
}

/** The newest first. */
export async function readApiKeys(session: Session, beforeId: number | null, limit: number): Promise<ApiKeyRow[]> {
  return session.read<ApiKeyRow>(`select ${COLUMNS} from api_key where $1::int is null or id < $1 order by id desc limit $2`, [
    beforeId,
    limit,
  ]);
}

/** A key that may still be used, with its hash. */
export async function findApiKey(session: Session, prefix: string): Promise<(ApiKeyRow & { readonly hash: Buffer }) | undefined> {
  const [key] = await session.lookup<ApiKeyRow & { hash: Buffer }>(`select ${COLUMNS}, hash from api_key where prefix = $1`, [
    prefix,
  ]);
  return key;
}

/** Notes that a key is in use, once a minute at most. */
export async function touchApiKey(session: Session, id: number, now: Date): Promise<void> {
  await session.read(
    "update api_key set last_used_at = $2 where id = $1 and (last_used_at is null or last_used_at < $2::timestamptz - interval '1 minute')",
    [id, now],
  );
}

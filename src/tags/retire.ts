/** Why a tag is proposed to be retired. */
export const RETIRE_REASONS = ["UNUSED", "EMPTY", "CONSTANT", "DUPLICATE"] as const;
export type RetireReasonKind = (typeof RETIRE_REASONS)[number];

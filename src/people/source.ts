/** Where rows come from that name no source. */
export const DEFAULT_SOURCE = "default";
export const LONGEST_SOURCE = 100;

import { defineEntity, p } from "@mikro-orm/core";

/** Facts about the store as a whole: that its population is simulated, how far the pipeline has come. */
export const SettingEntity = defineEntity({
  name: "Setting",
  tableName: "setting",
  properties: { key: p.text().primary(), value: p.json<unknown>() },
});

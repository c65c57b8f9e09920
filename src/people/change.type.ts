import { Field, InterfaceType } from "type-graphql";
import { connectionOf } from "../page.js";
import { DateTime } from "../scalars.js";

@InterfaceType({
  description: "Something that changed for a user.",
  resolveType: (value: { readonly kind?: string }) => value.kind ?? "TagChange",
})
export class Change {
  @Field(() => DateTime, { description: "The instant from which it holds." })
  at!: Date;
}

export const ChangeConnection = connectionOf("Change", Change);

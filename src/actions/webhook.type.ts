import { Field, ID, InputType, Int, ObjectType, registerEnumType } from "type-graphql";
import { connectionOf, UserError } from "../page.js";
import { DateTime } from "../scalars.js";
import {
  DELIVERY_STATES,
  type DeliveryState,
  WEBHOOK_STATES,
  WEBHOOK_TOPICS,
  type WebhookState,
  type WebhookTopic,
} from "./webhook.js";

export const WebhookTopicEnum = Object.fromEntries(WEBHOOK_TOPICS.map((each) => [each, each])) as Record<
  WebhookTopic,
  WebhookTopic
>;
registerEnumType(WebhookTopicEnum, { name: "WebhookTopic", description: "What a webhook is told of." });
const WebhookStateEnum = Object.fromEntries(WEBHOOK_STATES.map((each) => [each, each])) as Record<WebhookState, WebhookState>;
registerEnumType(WebhookStateEnum, { name: "WebhookState" });
export const DeliveryStateEnum = Object.fromEntries(DELIVERY_STATES.map((each) => [each, each])) as Record<
  DeliveryState,
  DeliveryState
>;
registerEnumType(DeliveryStateEnum, {
  name: "WebhookDeliveryState",
  description: "RETRYING is tried again at nextAttemptAt; FAILED once the webhook is enabled again, or, for a test event, not.",
});

@ObjectType({
  description: "An endpoint of another system that is sent changes and alerts as they happen; see docs/webhooks.md.",
})
export class Webhook {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  url!: string;
  @Field(() => [WebhookTopicEnum])
  topics!: readonly WebhookTopic[];
  @Field(() => WebhookStateEnum)
  state!: WebhookState;
  @Field(() => String, { nullable: true, description: "Why it is DISABLED." })
  disabledReason!: string | null;
  @Field(() => DateTime, { nullable: true })
  disabledAt!: Date | null;
  @Field(() => String, { nullable: true, description: "Key of the department with whose rights it reads; null: what is PUBLIC." })
  department!: string | null;
  @Field(() => DateTime)
  createdAt!: Date;
  @Field(() => String)
  createdBy!: string;
  @Field(() => Int, { description: "Attempts in a row that failed." })
  failures!: number;
  @Field(() => DateTime, { nullable: true, description: "Null: the last attempt was taken." })
  failingSince!: Date | null;
  @Field(() => DateTime, { nullable: true, description: "When the message that failed is sent again." })
  nextAttemptAt!: Date | null;
}

export const WebhookConnection = connectionOf("Webhook", Webhook);

@ObjectType({ description: "A message to a webhook, and what came of it. Kept for seven days; what was told is not kept." })
export class WebhookDelivery {
  @Field(() => ID)
  id!: string;
  @Field(() => String, { description: "The header webhook-id, the same at every attempt." })
  messageId!: string;
  @Field(() => String, { description: "A topic, or TEST." })
  type!: string;
  @Field(() => DeliveryStateEnum)
  state!: DeliveryState;
  @Field(() => Int)
  attempts!: number;
  @Field(() => Int, { nullable: true, description: "HTTP status of the last attempt; null: there was none." })
  lastStatus!: number | null;
  @Field(() => String, { nullable: true, description: "Why the last attempt had no status." })
  lastError!: string | null;
  @Field(() => DateTime)
  firstAttemptAt!: Date;
  @Field(() => DateTime)
  lastAttemptAt!: Date;
  @Field(() => DateTime, { nullable: true })
  nextAttemptAt!: Date | null;
  @Field(() => String, { nullable: true, description: "For replayWebhook(after:); null: of a test event." })
  cursor?: string | null;
}

export const WebhookDeliveryConnection = connectionOf("WebhookDelivery", WebhookDelivery);

@InputType()
export class CreateWebhookInput {
  @Field(() => String, { description: "https://, port 443 or 8443, on the public internet." })
  url!: string;
  @Field(() => [WebhookTopicEnum])
  topics!: WebhookTopic[];
}

@InputType({ description: "What is left out stays as it is." })
export class UpdateWebhookInput {
  @Field(() => ID)
  id!: string;
  @Field(() => String, { nullable: true })
  url?: string | null;
  @Field(() => [WebhookTopicEnum], { nullable: true })
  topics?: WebhookTopic[] | null;
  @Field(() => Boolean, { nullable: true, description: "true: goes on where it stood, at once." })
  enabled?: boolean | null;
}

@ObjectType()
export class WebhookPayload {
  @Field(() => Webhook, { nullable: true })
  webhook!: Webhook | null;
  @Field(() => [UserError])
  errors!: UserError[];
}

@ObjectType()
export class WebhookSecretPayload extends WebhookPayload {
  @Field(() => String, { nullable: true, description: "What signs its messages (whsec_...). It is shown this once." })
  secret!: string | null;
}

@ObjectType()
export class DeleteWebhookPayload {
  @Field(() => Boolean)
  deleted!: boolean;
  @Field(() => [UserError])
  errors!: UserError[];
}

@ObjectType()
export class SendTestEventPayload {
  @Field(() => WebhookDelivery, { nullable: true })
  delivery!: WebhookDelivery | null;
  @Field(() => [UserError])
  errors!: UserError[];
}

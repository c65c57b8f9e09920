import { expect, test } from "vitest";
import { waitAfterMs } from "../../src/actions/back-off.js";
import { newSecret, sign, signedHeaders } from "../../src/actions/signature.js";

// The example of the Standard Webhooks specification.
const VECTOR = {
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  timestamp: 1614265330,
  body: '{"test": 2432232314}',
};
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

test("the signature is that of the standard's vector, to the byte", () => {
  expect(sign(SECRET, VECTOR)).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
});

test("while a secret is being replaced, both sign", () => {
  const headers = signedHeaders([newSecret(), SECRET], VECTOR);
  expect(headers["webhook-id"]).toBe(VECTOR.id);
  expect(headers["webhook-timestamp"]).toBe("1614265330");
  expect(headers["webhook-signature"]).toMatch(/^v1,\S{44} v1,g0hM9SsE\+OTPJTGt\/tmIKtSyZlE3uFJELVlNIOLJ1OE=$/);
});

test("a secret is 24 to 64 random bytes behind whsec_", () => {
  const secret = newSecret();
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]+=*$/);
  expect(Buffer.from(secret.slice(6), "base64")).toHaveLength(32);
  expect(newSecret()).not.toBe(secret);
});

test("attempts are made after 5 s, 5 min, 30 min and so on, a tenth more or less, for three days", () => {
  expect([1, 2, 3].map((failures) => waitAfterMs(failures, 0.5))).toEqual([5_000, 300_000, 1_800_000]);
  expect(waitAfterMs(1, 0)).toBe(4_500);
  expect(waitAfterMs(1, 0.999_999)).toBeLessThanOrEqual(5_500);
  const waits = Array.from({ length: 9 }, (_, index) => waitAfterMs(index + 1, 0.5)!);
  expect(waits.reduce((sum, wait) => sum + wait, 0) / 86_400_000).toBeGreaterThan(3);
  expect(waitAfterMs(10, 0.5)).toBe(undefined);
});

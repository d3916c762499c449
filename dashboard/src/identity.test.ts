import { describe, expect, it } from "vitest";

import { Refused, Unreachable } from "./api";
import { CodeNeeded, linkOf, outcome } from "./identity";

describe("linkOf", () => {
  it("reads what stands behind the #", () => {
    expect(linkOf("#link=sign_in:zamcl_a-B_9")).toEqual({ purpose: "sign_in", token: "zamcl_a-B_9" });
  });
  it.each(["", "#", "#link=", "#link=other:x", "#link=reset:", "#link=reset:<b>", "#/projects/x", "link=reset:x"])("takes %s for none", (hash) => {
    expect(linkOf(hash)).toBeUndefined();
  });
});

describe("outcome", () => {
  it("is what the answer holds", () => {
    expect(outcome(200, '{"signed_in": true}')).toEqual({ signed_in: true });
    expect(outcome(204, "")).toEqual({});
  });
  it.each([
    [401, '{"error": "second_factor", "message": "a code is needed"}', CodeNeeded, "A code is needed."],
    [401, '{"error": "credentials", "message": "the password is wrong"}', Refused, "The password is wrong."],
    [429, '{"error": "too_many", "message": "try again in 5 seconds"}', Refused, "Try again in 5 seconds."],
    [503, '{"error": "unavailable", "message": "redis does not answer"}', Unreachable, "Redis does not answer."],
    [502, "<html>", Unreachable, "not its own"],
    [422, "{}", Refused, "422"],
  ])("a %i with %s is told apart", (status, text, kind, sentence) => {
    expect(() => outcome(status, text)).toThrow(kind);
    expect(() => outcome(status, text)).toThrow(sentence);
  });
});

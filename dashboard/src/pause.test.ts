import { describe, expect, it } from "vitest";

import { acknowledged } from "./pause";

describe("acknowledged", () => {
  it.each([
    [0, 0, "Nothing was on, so nothing had to be paused."],
    [1, 0, "The platforms confirmed 1 pause."],
    [2, 1, "The platforms confirmed 2 pauses. 1 pause is not confirmed yet and will be sent again until they are."],
    [0, 2, "2 pauses are not confirmed yet and will be sent again until they are."],
  ])("%i confirmed, %i waiting", (paused, waiting, sentence) => {
    expect(acknowledged(paused, waiting)).toBe(sentence);
  });
});

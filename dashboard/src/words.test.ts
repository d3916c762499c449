import { describe, expect, it } from "vitest";

import type { Deployment, Strategy } from "./api";
import { campaignName, changes, count, deploymentWords, flight, isOff, money, platformName, strategyWords } from "./words";

const deployment = (changed: Partial<Deployment> = {}): Deployment => ({
  id: "d1",
  platform: "google_ads",
  kind: "search",
  status: "live",
  externalId: "123",
  dailyBudget: { amount: "10.00", currency: "EUR" },
  startsOn: "2027-03-01",
  endsOn: null,
  failure: null,
  ...changed,
});

const strategy = (changed: Partial<Strategy> = {}): Strategy => ({
  id: "s1",
  name: "Spring",
  status: "approved",
  summary: "live",
  failure: null,
  deployments: [deployment()],
  ...changed,
});

describe("money", () => {
  it.each([
    ["150.00", "EUR", "€150.00"],
    ["1234567.5", "USD", "$1,234,567.5"],
    ["150000", "JPY", "¥150,000"],
    ["12.345", "JOD", "JOD 12.345"],
    ["9007199254740993.01", "EUR", "€9,007,199,254,740,993.01"],
  ])("%s %s is written exactly", (amount, currency, shown) => {
    expect(money({ amount, currency }, "en-US").replace("\u00a0", " ")).toBe(shown);
  });
});

describe("flight", () => {
  it("shows the days as they were written, wherever the reader is", () => {
    expect(flight("2027-03-01", "2027-04-30", "en-US").replace(/\u2009/g, " ")).toBe("Mar 1 – Apr 30, 2027");
  });
  it("says that an end is open", () => {
    expect(flight("2027-12-31", null, "en-US")).toBe("from Dec 31, 2027, open end");
  });
});

describe("states", () => {
  it.each([
    ["requested", "requested", 0, "Writing the plan"],
    ["drafted", "drafted", 0, "Plan waits for approval"],
    ["approved", "requested", 0, "Making creatives"],
    ["approved", "ready", 0, "Creatives wait for approval"],
    ["approved", "requested", 1, "Waiting to launch"],
    ["approved", "launching", 1, "Launching"],
    ["approved", "live", 1, "Live"],
    ["failed", "failed", 0, "Failed"],
    ["something new", "something new", 0, "something new"],
  ])("a strategy %s with summary %s and %i deployments: %s", (status, summary, deployments, words) => {
    expect(strategyWords({ status, summary, deployments: Array(deployments).fill(deployment()) })[0]).toBe(words);
  });
  it("shows unknown states and platforms as they are", () => {
    expect(deploymentWords("sleeping")[0]).toBe("sleeping");
    expect(platformName("other_ads")).toBe("other_ads");
    expect(campaignName({ platform: "meta_ads", kind: "meta" })).toBe("Meta");
    expect(campaignName({ platform: "google_ads", kind: "performance_max" })).toBe("Google Ads Performance Max");
    expect(campaignName({ platform: "google_ads", kind: "new_one" })).toBe("Google Ads new_one");
  });
  it("takes only ended states for off: what is pausing may still spend", () => {
    const off = ["requested", "created", "enabling", "live", "pausing", "paused", "failed", "ended"].filter((status) => isOff({ status }));
    expect(off).toEqual(["paused", "failed", "ended"]);
  });
});

describe("changes", () => {
  it("says nothing at the first look, and nothing when nothing changed", () => {
    expect(changes(undefined, [strategy()])).toEqual([]);
    expect(changes([strategy()], [strategy()])).toEqual([]);
  });
  it("tells what a strategy and its campaigns became", () => {
    const after = strategy({ summary: "paused", deployments: [deployment({ status: "paused" })] });
    expect(changes([strategy()], [after])).toEqual(["Spring: Paused.", "Spring on Google Ads Search: Paused."]);
  });
  it("tells of a campaign that was not there before, and not of a strategy that the reader has just handed in", () => {
    const before = strategy({ summary: "approved", deployments: [] });
    const after = strategy({ summary: "requested", deployments: [deployment({ status: "requested" })] });
    expect(changes([before], [after, strategy({ id: "s2" })])).toEqual(["Spring: Waiting to launch.", "Spring on Google Ads Search: Waiting to launch."]);
  });
});

describe("count", () => {
  it("speaks of one and of many", () => {
    expect([count(0, "a", "b", "en"), count(1, "a", "b", "en"), count(1200, "a", "b", "en")]).toEqual(["0 b", "1 a", "1,200 b"]);
  });
});

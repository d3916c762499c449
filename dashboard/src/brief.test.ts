import { describe, expect, it } from "vitest";

import { exampleBrief, lineOf, rangeOf, shownField } from "./brief";

const BRIEF = `name: Spring
# budget: {total: "1"}
audience: >
  people with a
  budget: of their own
budget:
  total: "0"
  currency: EUR
regions: [DE,
  Nowhere]
platforms:
- google_ads
- radio
claims:
  - true things
  - more: lies
brand: {primary: red, secondary: "#265787"}`;

describe("lineOf", () => {
  it.each([
    ["brief.name", "is empty", 1],
    ["brief.budget", "names both", 6],
    ["brief.budget.total", "must be more than zero", 7],
    ["brief.budget.currency", "is not known", 8],
    ["brief.regions[1]", "is not a country", 9],
    ["brief.platforms[1]", "must be one of", 13],
    ["brief.claims[1]", "must be text", 16],
    ["brief.brand.primary", "must be a colour", 17],
    ["brief.budget.monthly", "is missing", 6],
  ])("%s %s: line %i", (field, message, line) => {
    expect(lineOf(BRIEF, field, message)).toBe(line);
  });

  it("takes the line that the message names", () => {
    expect(lineOf(BRIEF, "file", "line 3: did not find expected key")).toBe(3);
    expect(lineOf(BRIEF, "file", "line 99: the end")).toBe(17);
  });

  it.each(["brief.landing_page", "brief", "file", "brief.own"])("%s has no line", (field) => {
    expect(lineOf(BRIEF, field, "is missing")).toBeNull();
  });

  it("works on a part that was pasted with its indentation", () => {
    expect(lineOf(BRIEF.replace(/^/gm, "  "), "brief.budget.total", "must be more than zero")).toBe(7);
  });
});

describe("rangeOf", () => {
  it.each([1, 5, 17])("line %i is what the selection holds", (line) => {
    expect(BRIEF.slice(...rangeOf(BRIEF, line))).toBe(BRIEF.split("\n")[line - 1]);
  });
});

describe("shownField", () => {
  it.each([
    ["brief.budget.total", "budget.total"],
    ["brief.regions[0]", "regions[0]"],
    ["brief", "The brief"],
    ["file", "The brief"],
  ])("%s is %s", (field, shown) => {
    expect(shownField(field)).toBe(shown);
  });
});

describe("exampleBrief", () => {
  it.each([
    ["2026-11-22", "2027-01-01", "2027-01-31"],
    ["2027-12-31", "2028-02-01", "2028-02-29"],
  ])("handed in on %s runs from %s to %s", (today, start, end) => {
    const example = exampleBrief(new Date(today));
    expect(example).toContain(`\nstart: ${start}\n`);
    expect(example).toMatch(new RegExp(`\nend: ${end} `));
  });
});

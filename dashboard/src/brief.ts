// A brief as text: an example to begin with, and the line that an error is about.

const day = (date: Date): string => date.toISOString().slice(0, 10);

/** A brief that is accepted as it is, for the whole month after next. */
export function exampleBrief(today: Date): string {
  const start = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + 2, 1));
  const end = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + 3, 0));
  return `name: Blender Studio membership
product: Blender Studio membership
offer: Training, production files and films made with Blender, in one subscription
landing_page: https://studio.blender.org/
goal: leads                     # traffic, leads or sales
conversion_value: {amount: "17.00", currency: EUR}
audience: >
  3D artists, animators and students, 18 to 45, who want to learn
  from complete productions.
regions: [DE, NL]               # countries, as ISO 3166-1 writes them
languages: [de, en]
budget:
  total: "3000.00"              # or monthly, for an open end
  currency: EUR
start: ${day(start)}
end: ${day(end)}                 # null for an open end
platforms: [google_ads, meta_ads]
tone: concrete, craft-minded, no hype
claims:                         # the only facts that an ad may state
  - Blender is free and open source
  - Members get production files of the open movies
avoid: [discount language]
brand: {primary: "#EA7600", secondary: "#265787", logo: null}
`;
}

/** A field as the writer of the text knows it: "brief.budget.total" is budget.total. */
export function shownField(field: string): string {
  return field === "file" || field === "brief" ? "The brief" : field.replace(/^brief\./, "");
}

/** The line (from 1) that an error is about: the one it names, else that of the field or of the group that misses it; null if there is none. */
export function lineOf(text: string, field: string, message: string): number | null {
  const lines = text.split("\n");
  const named = /^line (\d+):/.exec(message);
  if (named) return Math.min(Number(named[1]), lines.length);
  const parts = field.replace(/^brief(\.|$)/, "").match(/[^.[\]]+/g) ?? [];
  let at = -1;
  for (const part of parts) {
    const found = child(lines, at, part);
    if (found === null) break;
    at = found;
  }
  return at < 0 ? null : at + 1;
}

/** The index of the line of a field or list entry that stands right under line `parent` (-1: the top); null if none has its own line. */
function child(lines: readonly string[], parent: number, part: string): number | null {
  const floor = parent < 0 ? -1 : indent(lines[parent] ?? "");
  const position = /^\d+$/.test(part) ? Number(part) : null;
  let level: number | null = null;
  let entries = 0;
  for (let index = parent + 1; index < lines.length; index += 1) {
    const line = lines[index] ?? "";
    const content = line.trim();
    if (!content || content.startsWith("#")) continue;
    const here = indent(line);
    // The entries of a list may stand as far left as the list's name.
    const listed = position !== null && content.startsWith("-");
    if (here < floor || (here === floor && !listed)) return null;
    level ??= here;
    if (here !== level) continue;
    if (position !== null) {
      if (listed && entries++ === position) return index;
    } else if (content.match(/^["']?([^"':]+?)["']?\s*:/)?.[1] === part) return index;
  }
  return null;
}

const indent = (line: string): number => line.length - line.trimStart().length;

/** Where a line (from 1) begins and ends in the text, for a selection. */
export function rangeOf(text: string, line: number): [number, number] {
  const before = text.split("\n").slice(0, line - 1);
  const start = before.reduce((sum, each) => sum + each.length + 1, 0);
  const end = text.indexOf("\n", start);
  return [start, end < 0 ? text.length : end];
}

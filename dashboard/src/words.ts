// States, money and days in the reader's words and formats.

import type { Deployment, Money, Strategy } from "./api";

export type Tone = "good" | "bad" | "ask" | "busy" | "off";

const DEPLOYMENT: Record<string, [string, Tone]> = {
  requested: ["Waiting to launch", "busy"],
  creating: ["Being created", "busy"],
  created: ["Created, still off", "busy"],
  enabling: ["Switching on", "busy"],
  live: ["Live", "good"],
  pausing: ["Pausing", "busy"],
  paused: ["Paused", "off"],
  failed: ["Failed", "bad"],
  ended: ["Ended", "off"],
};

const BEFORE_DEPLOYMENT: Record<string, [string, Tone]> = {
  requested: ["Making creatives", "busy"],
  drafted: ["Plan waits for approval", "ask"],
  ready: ["Creatives wait for approval", "ask"],
  approved: ["Approved", "busy"],
  rejected: ["Rejected", "off"],
  failed: ["Failed", "bad"],
};

/** A state that this page does not know yet is shown as it is. */
const asItIs = (state: string): [string, Tone] => [state, "busy"];

export function deploymentWords(status: string): [string, Tone] {
  return DEPLOYMENT[status] ?? asItIs(status);
}

export function strategyWords(strategy: Pick<Strategy, "status" | "summary" | "deployments">): [string, Tone] {
  if (strategy.summary === "launching") return ["Launching", "busy"];
  if (strategy.deployments.length > 0) return deploymentWords(strategy.summary);
  if (strategy.status === "requested" && strategy.summary === "requested") return ["Writing the plan", "busy"];
  return BEFORE_DEPLOYMENT[strategy.summary] ?? asItIs(strategy.summary);
}

const PLATFORMS: Record<string, string> = { google_ads: "Google Ads", meta_ads: "Meta" };
export const platformName = (platform: string): string => PLATFORMS[platform] ?? platform;

const KINDS: Record<string, string> = { search: "Search", performance_max: "Performance Max", display: "Display", meta: "" };
/** A campaign as people call it: Meta has one kind, which needs no name. */
export const campaignName = ({ platform, kind }: Pick<Deployment, "platform" | "kind">): string =>
  `${platformName(platform)} ${KINDS[kind] ?? kind}`.trim();

/** Statuses in which nothing can spend any more without a new intention. */
const OFF = new Set(["paused", "failed", "ended"]);
export const isOff = (deployment: Pick<Deployment, "status">): boolean => OFF.has(deployment.status);

export function money({ amount, currency }: Money, locale?: string): string {
  // The decimals are those of the API: it knows currencies with none and with three.
  const digits = amount.split(".")[1]?.length ?? 0;
  const style = { style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits } as const;
  return new Intl.NumberFormat(locale, style).format(amount as `${number}`);
}

/** A flight. A reporting day has no time zone here: it is the ad account's, so it is formatted as it was written. */
export function flight(startsOn: string, endsOn: string | null, locale?: string): string {
  const format = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });
  const start = new Date(`${startsOn}T00:00:00Z`);
  return endsOn ? format.formatRange(start, new Date(`${endsOn}T00:00:00Z`)) : `from ${format.format(start)}, open end`;
}

export function timeOfDay(instant: Date, locale?: string): string {
  return new Intl.DateTimeFormat(locale, { timeStyle: "medium" }).format(instant);
}

export function count(number: number, one: string, many: string, locale?: string): string {
  return `${new Intl.NumberFormat(locale).format(number)} ${number === 1 ? one : many}`;
}

/** What became different between two looks, as sentences for a screen reader; a page that was just opened says nothing. */
export function changes(before: readonly Strategy[] | undefined, after: readonly Strategy[]): string[] {
  if (!before) return [];
  const known = new Map(before.map((strategy) => [strategy.id, strategy]));
  const sentences: string[] = [];
  for (const strategy of after) {
    const old = known.get(strategy.id);
    const [words] = strategyWords(strategy);
    if (old && strategyWords(old)[0] !== words) sentences.push(`${strategy.name}: ${words}.`);
    const statuses = new Map(old?.deployments.map((deployment) => [deployment.id, deployment.status]));
    for (const deployment of old ? strategy.deployments : []) {
      if (statuses.get(deployment.id) === deployment.status) continue;
      sentences.push(`${strategy.name} on ${campaignName(deployment)}: ${deploymentWords(deployment.status)[0]}.`);
    }
  }
  return sentences;
}

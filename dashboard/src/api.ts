// The only place that talks to the API: one POST per operation, by the id of a registered document, the key as a bearer token.

import { OPERATIONS } from "./operations";
import { SESSION } from "./session";

export interface Money {
  /** An exact decimal, such as "150.00". */
  amount: string;
  currency: string;
}

export interface Project {
  id: string;
  name: string;
  role: string;
  /** What the caller may do here, such as "pause". */
  permissions: string[];
}

export interface Deployment {
  id: string;
  platform: string;
  kind: string;
  status: string;
  externalId: string | null;
  dailyBudget: Money;
  /** Days (YYYY-MM-DD) in the ad account's time zone; endsOn is null for an open end. */
  startsOn: string;
  endsOn: string | null;
  failure: string | null;
}

export interface Strategy {
  id: string;
  name: string;
  status: string;
  summary: string;
  failure: string | null;
  deployments: Deployment[];
}

/** Why the API did not do it; the message says what would be allowed. */
export type Failure = "NotFoundError" | "ForbiddenError" | "ConflictError" | "SpendRefusedError" | "UnavailableError";

interface Connection<T> {
  edges: { node: T }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/** What the API answers when a brief is handed in. */
export type Requested =
  | { __typename: "StrategyRequested"; strategy: { id: string; name: string } }
  | { __typename: "InvalidInputError"; field: string; message: string }
  | { __typename: Failure; message: string };

/** What the platforms acknowledged; `waiting` pauses are sent again until they do. */
export type Paused =
  | { __typename: "ProjectPaused"; paused: number; waiting: number }
  | { __typename: "InvalidInputError"; message: string }
  | { __typename: Failure; message: string };

/** The API does not know the key, or no longer. */
export class SignedOut extends Error {}

/** No answer: nobody can say whether the request arrived. */
export class Unreachable extends Error {}

/** The API answered that it could not do it; the message is for people. */
export class Refused extends Error {}

export const PAGE_SIZE = 25;
const ANSWER_SECONDS = 20;
// A pause waits for both platforms, and a platform that hangs may take its full minute.
const PAUSE_SECONDS = 180;

export class Api {
  constructor(private readonly key: string) {}

  /** What to say when it does not sign in any more. */
  get over(): string {
    return this.key === SESSION ? "Your session is over. Sign in again." : "Your key is no longer valid. Sign in with another one.";
  }

  async projects(signal?: AbortSignal): Promise<Project[]> {
    const { projects } = await this.ask<{ projects: Connection<Project> }>("Projects", {}, { signal });
    return projects.edges.map((edge) => edge.node);
  }

  /** The newest `pages` pages, and whether there may be more. */
  async strategies(project: string, pages: number, signal?: AbortSignal): Promise<{ strategies: Strategy[]; more: boolean }> {
    const strategies: Strategy[] = [];
    let after: string | null = null;
    for (let page = 1; page <= pages; page += 1) {
      const variables = { project, after, first: PAGE_SIZE };
      const found: { strategies: Connection<Strategy> } = await this.ask("Strategies", variables, { signal });
      strategies.push(...found.strategies.edges.map((edge) => edge.node));
      if (!found.strategies.pageInfo.hasNextPage) return { strategies, more: false };
      after = found.strategies.pageInfo.endCursor;
    }
    return { strategies, more: true };
  }

  async request(project: string, brief: string): Promise<Requested> {
    return (await this.ask<{ requestStrategy: Requested }>("Request", { project, brief })).requestStrategy;
  }

  async pause(project: string): Promise<Paused> {
    return (await this.ask<{ pauseProject: Paused }>("Pause", { project }, { seconds: PAUSE_SECONDS })).pauseProject;
  }

  private async ask<T>(
    operation: keyof typeof OPERATIONS,
    variables: Record<string, unknown>,
    { signal, seconds = ANSWER_SECONDS }: { signal?: AbortSignal | undefined; seconds?: number } = {},
  ): Promise<T> {
    const limit = AbortSignal.timeout(seconds * 1000);
    let status: number;
    let text: string;
    try {
      const answer = await fetch("/graphql", {
        method: "POST",
        headers: { "Content-Type": "application/json", ...(this.key === SESSION ? {} : { Authorization: `Bearer ${this.key}` }) },
        body: JSON.stringify({ documentId: OPERATIONS[operation], variables }),
        cache: "no-store",
        credentials: this.key === SESSION ? "same-origin" : "omit",
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      });
      status = answer.status;
      text = await answer.text();
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new Unreachable(`ZAMC did not answer: ${error instanceof Error ? error.message : String(error)}`);
    }
    return read<T>(status, text);
  }
}

/** The data of an answer. Throws SignedOut, Unreachable (a gateway without the API behind it) or Refused. */
export function read<T>(status: number, text: string): T {
  if (status === 401) throw new SignedOut("This key is not valid, or it was revoked.");
  if (status === 413) throw new Refused("This is too much text for a brief.");
  if (status >= 502 && status <= 504) throw new Unreachable(`ZAMC did not answer: ${status}`);
  let answer: { data?: T | null; errors?: { message: string }[] };
  try {
    answer = JSON.parse(text) as typeof answer;
  } catch {
    throw new Refused(`ZAMC gave an answer that is not its own (${status}).`);
  }
  const [first] = answer.errors ?? [];
  if (first) throw new Refused(first.message);
  if (status !== 200 || !answer.data) throw new Refused(`Something went wrong on ZAMC's side (${status}). Try again.`);
  return answer.data;
}

// Signing in without a key: a password, a link, or a session that the browser has already. The cookie is the server's affair alone.

import { Refused, Unreachable } from "./api";

/** A link's secret stands behind the #, which no server sees. */
export interface Link {
  purpose: "sign_in" | "verify" | "reset" | "invite";
  token: string;
}

/** The right password, and a code of the second factor is still missing. */
export class CodeNeeded extends Error {}

const ANSWER_SECONDS = 20;

export function linkOf(hash: string): Link | undefined {
  const found = /^#link=(sign_in|verify|reset|invite):([\w-]+)$/.exec(hash);
  return found ? { purpose: found[1] as Link["purpose"], token: found[2] ?? "" } : undefined;
}

export async function hasSession(): Promise<boolean> {
  const answer = (await send("GET", "/auth/session")) as { signed_in?: boolean; via?: string };
  return answer.signed_in === true && answer.via === "session";
}

export const signIn = (email: string, password: string, code: string): Promise<unknown> =>
  send("POST", "/auth/sign-in", code ? { email, password, code } : { email, password });
export const signOut = (): Promise<unknown> => send("POST", "/auth/sign-out");
export const askReset = (email: string): Promise<unknown> => send("POST", "/auth/reset", { email });
export const redeem = (token: string): Promise<unknown> => send("POST", "/auth/link", { token });
export const confirmAddress = (token: string): Promise<unknown> => send("POST", "/auth/verify", { token });
export const choosePassword = (token: string, password: string): Promise<unknown> =>
  send("POST", "/auth/reset/password", { token, password });

async function send(method: "GET" | "POST", path: string, body?: object): Promise<unknown> {
  let status: number;
  let text: string;
  try {
    const answer = await fetch(path, {
      method,
      ...(body ? { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) } : {}),
      cache: "no-store",
      credentials: "same-origin",
      signal: AbortSignal.timeout(ANSWER_SECONDS * 1000),
    });
    status = answer.status;
    text = await answer.text();
  } catch (error) {
    throw new Unreachable(`ZAMC did not answer: ${error instanceof Error ? error.message : String(error)}`);
  }
  return outcome(status, text);
}

/** What an answer of /auth says. Throws CodeNeeded, Unreachable or Refused, whose message is for people. */
export function outcome(status: number, text: string): unknown {
  let answer: { error?: string; message?: string } = {};
  try {
    answer = text ? (JSON.parse(text) as typeof answer) : {};
  } catch {
    throw new Unreachable(`ZAMC gave an answer that is not its own (${status}).`);
  }
  if (status >= 200 && status < 300) return answer;
  const sentence = answer.message ? `${answer.message[0]?.toUpperCase()}${answer.message.slice(1)}.` : `Something went wrong (${status}).`;
  if (answer.error === "second_factor") throw new CodeNeeded(sentence);
  if (status >= 500) throw new Unreachable(sentence);
  throw new Refused(sentence);
}

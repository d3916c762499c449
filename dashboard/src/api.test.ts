import { afterEach, describe, expect, it, vi } from "vitest";

import { Api, PAGE_SIZE, read, Refused, SignedOut, Unreachable } from "./api";

describe("read", () => {
  it("gives the data of an answer", () => {
    expect(read(200, '{"data": {"projects": []}}')).toEqual({ projects: [] });
  });
  it.each([
    [401, '{"detail": "name an API key"}', SignedOut, "not valid"],
    [503, "<html>", Unreachable, "503"],
    [413, "A request may have", Refused, "too much text"],
    [200, '{"data": null, "errors": [{"message": "no such field"}]}', Refused, "no such field"],
    [200, "<html>", Refused, "not its own"],
    [500, '{"error": "Something"}', Refused, "Something went wrong"],
  ])("a %i with %s is told apart", (status, text, kind, sentence) => {
    expect(() => read(status, text)).toThrow(kind);
    expect(() => read(status, text)).toThrow(sentence);
  });
});

describe("Api", () => {
  afterEach(() => vi.unstubAllGlobals());

  const page = (from: number, size: number, hasNextPage: boolean) => ({
    edges: Array.from({ length: size }, (_, index) => ({ node: { id: `${from + index}` } })),
    pageInfo: { hasNextPage, endCursor: `after ${from + size - 1}` },
  });

  it("reads page after page from where the last one ended, and stops at the last", async () => {
    const pages = [page(0, PAGE_SIZE, true), page(PAGE_SIZE, 3, false)];
    const asked: (string | null)[] = [];
    vi.stubGlobal("fetch", async (_: string, init: RequestInit) => {
      asked.push((JSON.parse(String(init.body)) as { variables: { after: string | null } }).variables.after);
      return new Response(JSON.stringify({ data: { strategies: pages[asked.length - 1] } }));
    });
    const found = await new Api("zamc_key").strategies("project", 5);
    expect([found.strategies.length, found.more, asked]).toEqual([PAGE_SIZE + 3, false, [null, `after ${PAGE_SIZE - 1}`]]);
  });

  it("says that there is more when the last page that was wanted is not the last", async () => {
    vi.stubGlobal("fetch", async () => new Response(JSON.stringify({ data: { strategies: page(0, PAGE_SIZE, true) } })));
    expect((await new Api("zamc_key").strategies("project", 1)).more).toBe(true);
  });

  it("tells a broken connection from an answer", async () => {
    vi.stubGlobal("fetch", async () => Promise.reject(new TypeError("Failed to fetch")));
    await expect(new Api("zamc_key").projects()).rejects.toThrow(Unreachable);
  });
});

// What this tab remembers: the key and unfinished briefs. Nothing outlives the tab, nothing is shared with other tabs.

/** What stands in the place of a key while the browser's session signs in. */
export const SESSION = "session";
const KEY = "zamc.key";

// A browser that blocks storage still gets a dashboard; it forgets everything at a reload.
const fallback = new Map<string, string>();

function get(name: string): string {
  try {
    return sessionStorage.getItem(name) ?? fallback.get(name) ?? "";
  } catch {
    return fallback.get(name) ?? "";
  }
}

function set(name: string, value: string): void {
  fallback.set(name, value);
  try {
    if (value) sessionStorage.setItem(name, value);
    else sessionStorage.removeItem(name);
  } catch {
    // Full or blocked: the map has it.
  }
}

export const savedKey = (): string => get(KEY);
export const saveKey = (key: string): void => set(KEY, key);
export const savedDraft = (project: string): string => get(`zamc.brief.${project}`);
export const saveDraft = (project: string, text: string): void => set(`zamc.brief.${project}`, text);

/** Whoever signs out leaves nothing for the next reader of this tab. */
export function forget(): void {
  fallback.clear();
  try {
    sessionStorage.clear();
  } catch {
    // Blocked: there was nothing in it.
  }
}

import type { WeirError } from "../../core/weirError.ts";
import type { ViewerStore } from "../viewerStore.ts";
import type { SessionDatabase } from "./sessionDatabase.ts";

/**
 * What a viewer remembers, in the browser's database: it survives a reload, and every write is on disk before it counts as
 * made. As every store it belongs to one viewer at a time; `openSession` sees to that for the tabs of a session.
 *
 * @param place begins every key: different places never meet
 * @param held ends when whoever has it must write nothing more
 */
export function indexedDbStore(database: SessionDatabase, place: string, held?: AbortSignal): ViewerStore {
  const begin = `${place}|`;
  return {
    entries: async (prefix) =>
      database.transact("entries", async (table) => {
        const found = await table.list(begin + prefix);
        return found.map(([key, value]) => [key.slice(begin.length), String(value)] as const);
      }),
    set: async (key, value) =>
      database.transact("entries", async (table) => {
        if (held?.aborted === true) throw held.reason as WeirError;
        table.put(begin + key, value);
        return Promise.resolve();
      }),
    delete: async (key) =>
      database.transact("entries", async (table) => {
        if (held?.aborted === true) throw held.reason as WeirError;
        table.delete(begin + key);
        return Promise.resolve();
      }),
  };
}

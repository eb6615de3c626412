import { WeirError } from "../core/weirError.ts";

/**
 * Where a viewer keeps its channels between page loads: text by key. Losing it costs nothing but the starting credit of new
 * channels and the part of the budget that old ones still hold. One store belongs to one viewer at a time: two tabs need
 * two, because a channel has one writer.
 */
export interface ViewerStore {
  /** All values whose key begins with `prefix`. */
  entries(prefix: string): Promise<readonly (readonly [key: string, value: string])[]>;
  /** Resolves when the value is safe. */
  set(key: string, value: string): Promise<void>;
  delete(key: string): Promise<void>;
}

/** A store that lasts as long as the page or process. */
export function memoryStore(): ViewerStore {
  const values = new Map<string, string>();
  return {
    entries: async (prefix) => Promise.resolve([...values].filter(([key]) => key.startsWith(prefix))),
    set: async (key, value) => {
      values.set(key, value);
      return Promise.resolve();
    },
    delete: async (key) => {
      values.delete(key);
      return Promise.resolve();
    },
  };
}

/** What a store answers, or a typed error. @throws WeirError `storage-failed` */
export async function stored<Value>(operation: Promise<Value>): Promise<Value> {
  try {
    return await operation;
  } catch (cause) {
    throw new WeirError("storage-failed", undefined, { cause });
  }
}

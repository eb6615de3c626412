/** Who wants to hear something, and the way to tell them. */
export interface Listeners<Event> {
  /** @returns a function that ends it */
  on(listener: (event: Event) => void): () => void;
  emit(event: Event): void;
}

/** Nobody listens yet. What a listener throws is reported as uncaught and disturbs nothing. */
export function listeners<Event>(): Listeners<Event> {
  const all = new Set<(event: Event) => void>();
  return {
    on(listener) {
      all.add(listener);
      return () => {
        all.delete(listener);
      };
    },
    emit(event) {
      for (const listener of all) {
        queueMicrotask(() => {
          listener(event);
        });
      }
    },
  };
}

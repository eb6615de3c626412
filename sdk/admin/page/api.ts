/** Milliseconds that the relay has to answer. */
const TIMEOUT_MS = 15_000;

/** A document of the operator's API. Who is no longer logged in is shown where to log in. */
export async function load<Document>(path: string): Promise<Document> {
  const response = await fetch(path, {
    headers: { accept: "application/json" },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.status === 401) {
    location.assign("/login");
    throw new Error("not logged in");
  }
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return (await response.json()) as Document;
}

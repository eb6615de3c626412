import { CliError } from "../cliError.ts";
import type { HlsAudio, HlsMaster, HlsVariant } from "./hlsPlaylist.ts";

/** What of a stream is played. */
export interface Rendition {
  readonly variant: HlsVariant;
  /** Sound that is kept apart, if it is. */
  readonly audio: HlsAudio | undefined;
}

/**
 * The rendition that was asked for: by its height (`480p`), or the best that needs no more than so many bits per second; the
 * best of all if nothing was asked for.
 *
 * @throws CliError `usage` if there is none
 */
export function chooseRendition({ audio, variants }: HlsMaster, wanted: string | undefined): Rendition {
  const best = [...variants].sort((a, b) => b.bandwidth - a.bandwidth);
  const variant = wanted === undefined ? best[0] : best.find(matcher(wanted));
  if (variant === undefined) {
    const known = best.map((each) => `${nameOf(each)} (${each.bandwidth})`).join(", ");
    throw new CliError("usage", `there is no variant ${String(wanted)}`, `Choose one of: ${known}`);
  }
  const group = audio.filter((each) => each.group === variant.audio);
  return { variant, audio: group.find(({ isDefault }) => isDefault) ?? group[0] };
}

/** A variant as people call it. */
export function nameOf({ bandwidth, height }: HlsVariant): string {
  return height === undefined ? `${Math.round(bandwidth / 1_000)} kbit/s` : `${height}p`;
}

function matcher(wanted: string): (variant: HlsVariant) => boolean {
  const height = /^([0-9]{1,6})p$/.exec(wanted)?.[1];
  if (height !== undefined) return (variant) => variant.height === Number(height);
  if (/^[0-9]{1,12}$/.test(wanted)) return ({ bandwidth }) => bandwidth <= Number(wanted);
  const cure = "Write a height, such as 480p, or bits per second, such as 2000000.";
  throw new CliError("usage", `--variant is neither a height nor a bandwidth: ${wanted}`, cure);
}

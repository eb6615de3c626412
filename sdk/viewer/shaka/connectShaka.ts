import type { PlayableViewer } from "../player/playableViewer.ts";
import { viewerOperation } from "./viewerOperation.ts";
import type { Claim } from "./viewerOperation.ts";
import type { Shaka, ShakaFilter, ShakaPlayer, ShakaRequest } from "./shakaTypes.ts";

/** `PluginPriority.APPLICATION`: before those that Shaka brings. */
const PRIORITY = 3;

/** Which requests belong to which viewer. Plug-ins are the page's, requests are a player's. */
const claims = new WeakMap<ShakaRequest, Claim>();
const equipped = new WeakSet<Shaka["net"]>();

/**
 * Makes a Shaka player load through a viewer: manifests, playlists and segments come from nowhere else, so nothing is played that
 * is not verified, and everything that is loaded is paid for. Licences, and keys of other servers, go their usual way.
 * Shaka sees how fast bytes really arrive, and its aborts, time limits and retries work as always.
 *
 * To be called before `player.load`. Other players of the page are not touched: their requests go to Shaka's own plug-in. One viewer
 * plays one stream, and may serve several players of it. Closing it is up to the page.
 *
 * @param shaka what the page imports
 * @returns a function that ends it; needless for a player that is destroyed
 * @throws TypeError for a player that was destroyed
 * @example
 * const player = new shaka.Player();
 * await player.attach(video);
 * connectShaka(shaka, player, viewer);
 * await player.load("https://relay.example/film/manifest.mpd");
 */
export function connectShaka(shaka: Shaka, player: ShakaPlayer, viewer: PlayableViewer): () => void {
  const engine = player.getNetworkingEngine();
  if (engine === null) throw new TypeError("the player was destroyed");
  equip(shaka);
  const filter: ShakaFilter = (_, request) => {
    claims.set(request, { viewer, media: () => player.getMediaElement() });
  };
  engine.registerRequestFilter(filter);
  return () => {
    engine.unregisterRequestFilter(filter);
  };
}

/** Shaka looks for the plug-in before it asks the filters, so the scheme has to be that of the URL. */
function equip(shaka: Shaka): void {
  const { HttpFetchPlugin, NetworkingEngine } = shaka.net;
  if (equipped.has(shaka.net)) return;
  equipped.add(shaka.net);
  for (const scheme of ["http", "https"]) {
    NetworkingEngine.registerScheme(
      scheme,
      (uri, request, ...rest) => {
        const claim = claims.get(request);
        if (claim === undefined) return HttpFetchPlugin.parse(uri, request, ...rest);
        return viewerOperation(shaka, claim, [uri, request, ...rest]);
      },
      PRIORITY,
      true,
    );
  }
}

import { createHash } from "node:crypto";
import { access, mkdtemp, mkdir, rename, rm } from "node:fs/promises";
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { FRAME_RATE, makeHls } from "./make-hls.ts";
import type { HlsRecipe } from "./make-hls.ts";

const run = promisify(execFile);
const CACHE = path.join(import.meta.dirname, "../../node_modules/.cache/weir/films");

/** Waves that run through each other, computed small because smooth shapes lose nothing when they are made large. */
const WATER = [
  "128+46*sin(X/21+T*0.55+2.1*sin(Y/17-T*0.23))",
  "40*sin(Y/13-T*0.8+1.9*sin(X/33+T*0.31))",
  "26*sin((X-Y)/9+T*0.37+sin(Y/7))",
].join("+");

/** From deep blue through green to foam. */
const COLOURS = [
  String.raw`c0='8+val*0.55+max(0\,val-170)*1.1'`,
  "c1='158-val*0.12'",
  String.raw`c2='118-val*0.11+max(0\,val-150)*0.35'`,
].join(":");

/** Quiet tones that swell and fade, each in its own time. */
const CHORD = [
  [110, 0.1, 0.05],
  [164.81, 0.08, 0.07],
  [246.94, 0.05, 0.043],
  [277.18, 0.04, 0.031],
  [329.63, 0.03, 0.061],
]
  .map(([pitch, volume, swell]) => `${volume}*sin(2*PI*${pitch}*t)*(0.55+0.45*sin(2*PI*${swell}*t))`)
  .join("+");

const FILM: HlsRecipe = {
  picture: [
    `nullsrc=s=160x90:r=${FRAME_RATE}`,
    `format=gray,geq=lum='${WATER}',format=yuv444p,pseudocolor=${COLOURS},vignette=PI/5`,
    // A little grain: without it the darkest parts fall into steps.
    "scale=960:540:flags=bicubic,format=yuv420p,noise=c0s=4:c0f=t:all_seed=1",
  ].join(","),
  sound: `anoisesrc=c=brown:a=0.09:r=48000:seed=1[water];aevalsrc='${CHORD}':s=48000[tones];[water][tones]amix=inputs=2`,
  segments: 32,
  preset: "ultrafast",
  renditions: [
    { name: "270p", width: 480, height: 270, video: 350_000, audio: 64_000, singleFile: false },
    { name: "540p", width: 960, height: 540, video: 1_400_000, audio: 96_000, singleFile: false },
  ],
};

/** Whether ffmpeg is there to encode with. */
export async function canEncode(): Promise<boolean> {
  return run("ffmpeg", ["-version"]).then(
    () => true,
    () => false,
  );
}

/**
 * A folder with a film of a minute, water at dusk. It is encoded once; after that it is there.
 *
 * @param onEncoding called if it has to be encoded, which takes half a minute
 */
export async function film(onEncoding: () => void): Promise<string> {
  const name = createHash("sha256").update(JSON.stringify(FILM)).digest("hex").slice(0, 16);
  const folder = path.join(CACHE, name);
  const isThere = await access(folder).then(
    () => true,
    () => false,
  );
  if (isThere) return folder;
  onEncoding();
  await mkdir(CACHE, { recursive: true });
  const making = await mkdtemp(path.join(CACHE, "making-"));
  try {
    await makeHls(making, FILM);
    await rename(making, folder);
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  return folder;
}

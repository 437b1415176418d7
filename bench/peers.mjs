// Prints what the scripts of peers weigh beside ours, as the table of docs/snippet-size.md. It asks npm for each package at its exact
// version, runs none of their scripts, and compresses like the build: gzip 9, brotli 11.
//
//   node bench/peers.mjs > docs/snippet-size.md
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const peers = [
  ["GrowthBook, script tag", "@growthbook/growthbook@1.8.0", "dist/bundles/auto.min.js"],
  ["GrowthBook, changes of the page", "dom-mutator@0.7.0", "dist/dom-mutator.cjs.production.min.js"],
  ["PostHog", "posthog-js@1.449.2", "dist/array.js"],
  ["PostHog, slim", "posthog-js@1.449.2", "dist/module.slim.js"],
  ["Statsig", "statsig-js@5.1.0", "build/statsig-prod-web-sdk.js"],
  ["LaunchDarkly", "launchdarkly-js-client-sdk@3.9.5", "dist/ldclient.min.js"],
  ["Plausible (counts only)", "@plausible-analytics/tracker@0.4.6", "plausible.js"],
];

const row = (name, code) => {
  const brotli = brotliCompressSync(code, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  const number = (bytes) => bytes.toLocaleString("en-US");
  console.log(`| ${name} | ${number(code.length)} | ${number(gzipSync(code, { level: 9 }).length)} | ${number(brotli.length)} |`);
};

// Sizes of ours as the build prints them: it knows how to put a site's script together.
const build = execFileSync("go", ["run", "./static/build", "-check"], { encoding: "utf8" });
const ours = (line) => {
  const [raw, gzip, brotli] = build.split("\n").find((text) => text.trim().startsWith(line)).trim().slice(line.length).trim().split(/\s+/);
  console.log(`| Samplit, ${line} | ${[raw, gzip, brotli].map((bytes) => Number(bytes).toLocaleString("en-US")).join(" | ")} |`);
};

console.log("# Size of the snippet\n\nBytes, made by `node bench/peers.mjs`. The scripts of the others still load their configuration.\n");
console.log("| script | raw | gzip -9 | brotli 11 |\n| --- | --- | --- | --- |");
ours("no experiment");
ours("5 experiments, 20 changes");
const folder = mkdtempSync(join(tmpdir(), "peers-"));
try {
  for (const [name, spec, file] of peers) {
    const [{ filename }] = JSON.parse(execFileSync("npm", ["pack", "--json", "--ignore-scripts", spec], { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
    row(`${name}, \`${spec}\` ${file}`, execFileSync("tar", ["-xzOf", join(folder, filename), "package/" + file], { maxBuffer: 1 << 26 }));
  }
} finally {
  rmSync(folder, { recursive: true });
}

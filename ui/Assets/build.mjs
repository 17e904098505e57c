// Builds wwwroot/ from Assets/, and the list of supported browsers from the one `browserslist` entry in package.json.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import browserslist from "browserslist";
import esbuild from "esbuild";
import { browserslistToTargets, transform } from "lightningcss";

const [outDir = "wwwroot", browsersFile = "obj/assets/browsers.json"] = process.argv.slice(2);
const supported = browserslist(null, { path: process.cwd(), mobileToDesktop: true });

rmSync(outDir, { recursive: true, force: true });
mkdirSync(outDir, { recursive: true });
mkdirSync(dirname(browsersFile), { recursive: true });

writeStyles();
await writeScripts();
cpSync("Assets/img", outDir, { recursive: true });
writeBrowsers();

function writeStyles() {
  const require = createRequire(import.meta.url);
  const cli = join(dirname(require.resolve("@tailwindcss/cli/package.json")), "dist/index.mjs");
  const code = execFileSync(process.execPath, [cli, "--input", "Assets/css/idp.css", "--output", "-"], {
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 16 << 20,
  });
  const css = transform({
    filename: "idp.css",
    code,
    minify: true,
    targets: browserslistToTargets(supported),
  });
  writeFileSync(join(outDir, "idp.css"), css.code);
  writeFileSync(join(outDir, "idp-embedded.css"), embed(css.code.toString()));
}

// The same for a part of somebody else's page: it reaches nothing outside `.idp`, and light or dark is the page's choice.
function embed(code) {
  const global = /@property [^}]+\}|@keyframes [^{]+\{(?:[^{}]*\{[^}]*\})*\}|@layer [^{;]+;/g;
  const outside = (code.match(global) ?? []).join("");
  const inside = code.replace(global, "").replace(/:root,:host|:root|(?<=[{},])(?:html|body)(?=[{,])/g, "&");
  const css = transform({
    filename: "idp-embedded.css",
    code: Buffer.from(`${outside}.idp{${inside}}.idp{color-scheme:inherit;min-height:0;max-width:28rem;margin-inline:auto;background:none}`),
    minify: true,
    targets: browserslistToTargets(supported),
  });
  return css.code;
}

async function writeScripts() {
  const names = { chrome: "chrome", edge: "edge", firefox: "firefox", safari: "safari", ios_saf: "ios", opera: "opera" };
  const oldest = oldestOf(supported);
  await esbuild.build({
    entryPoints: [
      { in: "Assets/ts/idp.ts", out: "idp" },
      { in: "Assets/ts/live.ts", out: "live" },
      { in: "Assets/ts/dashboard.ts", out: "dashboard" },
      { in: "Assets/css/dashboard.css", out: "dashboard" },
    ],
    outdir: outDir,
    bundle: true,
    minify: true,
    format: "iife",
    legalComments: "none",
    logLevel: "warning",
    target: Object.entries(names).map(([from, to]) => to + oldest.get(from)),
  });
}

function writeBrowsers() {
  // In the order to show them; each has a text `Browser.<key>`.
  const order = ["chrome", "and_chr", "edge", "firefox", "and_ff", "safari", "ios_saf", "samsung", "opera"];
  const list = [...oldestOf(supported)].map(([key, version]) => {
    if (!order.includes(key)) throw new Error(`'${key}' is not yet known to Assets/build.mjs and has no name in Texts/Text.resx`);
    return { key, version };
  });
  list.sort((a, b) => order.indexOf(a.key) - order.indexOf(b.key));
  writeFileSync(browsersFile, JSON.stringify(list, null, 2) + "\n");
}

function oldestOf(browsers) {
  const oldest = new Map();
  for (const browser of browsers) {
    const [key, range] = browser.split(" ");
    const version = range.split("-")[0];
    if (!oldest.has(key) || Number(version) < Number(oldest.get(key))) oldest.set(key, version);
  }
  return oldest;
}

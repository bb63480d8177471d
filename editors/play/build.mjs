// Builds the page into netspec/play/assets, or into OUT: its script, and the licences of the packages that are in it.
import { build } from "esbuild";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const out = process.env.OUT ?? "../../netspec/play/assets";
const { metafile } = await build({
  entryPoints: ["src/main.ts"], outfile: `${out}/play.js`, bundle: true, format: "iife", target: "es2022", minify: true,
  legalComments: "none", charset: "utf8", metafile: true,
});
const names = Object.keys(metafile.inputs).map((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]);
const licences = [...new Set(names.filter(Boolean))].sort().map((name) =>
  `${name}\n${"-".repeat(name.length)}\n${readFileSync(`node_modules/${name}/LICENSE`, "utf8").trim()}\n`);
mkdirSync(out, { recursive: true });
writeFileSync(`${out}/licences.txt`, `Packages that are in play.js:\n\n${licences.join("\n")}`);

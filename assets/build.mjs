// Bundles what the browser loads into static/dist/: `npm run build`.
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
// Built aside and put in place at once: a server that runs meanwhile never misses a file.
const finished = join(root, "static", "dist");
const dist = join(root, "node_modules", ".mobula-dist");

async function bundle() {
  const shared = {
    bundle: true,
    minify: true,
    target: "es2022",
    outdir: dist,
    logLevel: "warning",
  };
  const loader = { ".woff2": "file" };
  await esbuild.build({
    ...shared,
    loader,
    assetNames: "[name]",
    entryPoints: [join(here, "main.css")],
  });
  await esbuild.build({ ...shared, format: "iife", entryPoints: [join(here, "theme.js")] });
  // charts.js and editor.js are large: main.js imports them only on pages that need them.
  await esbuild.build({
    ...shared,
    format: "esm",
    external: ["./charts.js", "./editor.js"],
    entryPoints: ["main.js", "charts.js", "editor.js"].map((name) => join(here, name)),
  });
}

// One sprite with the icons that assets/icons.txt names, used as <use href="icons.svg#name">.
async function sprite() {
  const listed = (await readFile(join(here, "icons.txt"), "utf8")).split(/\s+/).filter(Boolean);
  const outlines = join(root, "node_modules/@tabler/icons/tabler-nodes-outline.json");
  const drawings = JSON.parse(await readFile(outlines, "utf8"));
  const symbols = listed.map((name) => {
    if (!drawings[name]) throw new Error(`assets/icons.txt: Tabler has no icon named "${name}".`);
    const shapes = drawings[name].map(([tag, attributes]) => `<${tag} ${asText(attributes)}/>`);
    return `<symbol id="${name}" viewBox="0 0 24 24">${shapes.join("")}</symbol>`;
  });
  const body = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
  await writeFile(join(dist, "icons.svg"), body);
}

function asText(attributes) {
  return Object.entries(attributes)
    .map(([key, value]) => `${key}="${value}"`)
    .join(" ");
}

// The web process serves these to browsers that accept them.
async function compress() {
  for (const name of await readdir(dist)) {
    if (!/\.(js|css|svg)$/.test(name)) continue;
    const content = await readFile(join(dist, name));
    await writeFile(join(dist, `${name}.gz`), gzipSync(content));
    await writeFile(join(dist, `${name}.br`), brotliCompressSync(content));
  }
}

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
await bundle();
await sprite();
await compress();
await rm(finished, { recursive: true, force: true });
await mkdir(dirname(finished), { recursive: true });
await rename(dist, finished);

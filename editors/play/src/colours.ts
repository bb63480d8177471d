// The figure's colours at night: the same hues, with light and dark changed about.

/** Lightness of the dark page; colours that are lighter than the other are fills, and stay near to it. */
const PAPER = 0.205;
const FILL = 0.85;
const cache = new Map<string, string>();

/** The colour for a dark page, by OKLab: lightness is turned, hue stays. */
export function night(colour: string): string {
  if (!/^#[0-9a-f]{6}$/i.test(colour)) return colour;
  const known = cache.get(colour);
  if (known) return known;
  const [r, g, b] = [1, 3, 5].map((at) => linear(parseInt(colour.slice(at, at + 2), 16) / 255)) as [number, number, number];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  const light = 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s;
  const far = (1 - light) ** 2;
  const turned = PAPER + (light > FILL ? 1.25 * (1 - light) : (0.94 * far) / (far + 0.2));
  const a = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s;
  const c = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s;
  const made = rgb(turned, a * 1.15, c * 1.15);
  cache.set(colour, made);
  return made;
}

const linear = (v: number) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
const shown = (v: number) => (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055);

function rgb(light: number, a: number, b: number): string {
  const l = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (light - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const all = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  const bytes = all.map((v) => Math.round(255 * Math.min(1, Math.max(0, shown(v)))));
  return `#${bytes.map((v) => v.toString(16).padStart(2, "0")).join("")}`;
}

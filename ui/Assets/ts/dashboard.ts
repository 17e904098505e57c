// Draws each chart from the table behind it. Colours are read when drawing, so that they follow the theme.
import uPlot from "uplot";

interface Line {
  readonly name: string;
  readonly colour: () => string;
  readonly dash: number[];
}

const day = 86400;
const labelGap = 16;
const language = document.documentElement.lang;
const dayName = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", timeZone: "UTC" });
const wholeDay = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" });
const wholeNumber = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
const steps = [1, 2, 5].flatMap((step) => Array.from({ length: 7 }, (_, power) => step * 10 ** power)).sort((a, b) => a - b);

const narrow = 420;
const dashes = [[], [6, 4], [2, 3]];
const labelFont = "600 12px system-ui, sans-serif";
const labelMargin = 8;

// As wide as the longest name is drawn.
function roomFor(lines: readonly Line[]): number {
  const pen = document.createElement("canvas").getContext("2d")!;
  pen.font = labelFont;
  return Math.ceil(Math.max(...lines.map((line) => pen.measureText(line.name).width))) + 2 * labelMargin;
}

// Of an element that is not shown: a visible one may still be in transition when the theme has changed.
function colours(figure: Element, name: string): () => string {
  const probe = document.createElement("span");
  probe.className = name;
  probe.hidden = true;
  figure.append(probe);
  return () => getComputedStyle(probe).color;
}

// The table is written in ISO days, which weigh little; here they become the reader's.
function dayOf(time: HTMLTimeElement): number {
  time.dateTime ||= time.textContent!.trim();
  const at = Date.parse(time.dateTime);
  time.textContent = wholeDay.format(at);
  return at / 1000;
}

function read(table: HTMLTableElement): uPlot.AlignedData {
  const rows = [...table.tBodies[0]!.rows].reverse();
  const days = rows.map((row) => dayOf(row.querySelector("time")!));
  const columns = table.tHead!.rows[0]!.cells.length - 1;
  const counts = Array.from({ length: columns }, (_, column) => rows.map((row) => Number(row.cells[column + 1]!.textContent!.replace(/\D/g, ""))));
  return [days, ...counts];
}

// The name of a line stands at its end, and gives way to its neighbour's. Where there is no room, the list below names it.
function label(plot: uPlot, lines: readonly Line[]): void {
  if (plot.width < narrow) return;
  const { ctx, bbox } = plot;
  const scale = devicePixelRatio;
  const last = plot.data[0].length - 1;
  const ends = lines
    .map((line, i) => ({ line, y: plot.valToPos(Number(plot.data[i + 1]![last]), "y", true) }))
    .sort((a, b) => b.y - a.y);
  let below = bbox.top + bbox.height + labelGap * scale;
  ctx.save();
  ctx.font = labelFont.replace("12px", `${12 * scale}px`);
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  for (const { line, y } of ends) {
    below = Math.min(y, below - labelGap * scale);
    ctx.fillStyle = line.colour();
    ctx.fillText(line.name, bbox.left + bbox.width + labelMargin * scale, below);
  }
  ctx.restore();
}

function draw(box: HTMLElement): void {
  const table = document.getElementById(box.dataset["chart"]!) as HTMLTableElement;
  const data = read(table);
  const figure = box.closest("figure")!;
  const lines: Line[] = [...table.tHead!.rows[0]!.cells].slice(1).map((cell, i) => ({
    name: cell.textContent!.trim(),
    colour: colours(figure, `chart-line-${i}`),
    dash: dashes[i] ?? [],
  }));
  const [grid, axis] = [colours(figure, "chart-grid"), colours(figure, "chart-axis")];
  const roomForNames = roomFor(lines);
  const most = Math.max(4, ...data.slice(1).flatMap((counts) => counts as number[]));
  const common = { stroke: axis, font: "12px system-ui, sans-serif" };
  box.hidden = false;
  const plot = new uPlot(
    {
      width: box.clientWidth,
      height: box.clientHeight,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      padding: [12, (plot) => (plot.width < narrow ? 24 : roomForNames), 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: { y: { range: [0, most * 1.1] } },
      axes: [
        {
          ...common,
          space: 56,
          size: 32,
          grid: { show: false },
          ticks: { stroke: grid, width: 1 },
          incrs: [1, 2, 7, 14, 28].map((days) => days * day),
          values: (_, splits) => splits.map((seconds) => dayName.format(seconds * 1000)),
        },
        {
          ...common,
          size: 44,
          incrs: steps,
          grid: { stroke: grid, width: 1 },
          ticks: { show: false },
          values: (_, splits) => splits.map((count) => wholeNumber.format(count)),
        },
      ],
      series: [
        {},
        ...lines.map((line) => ({
          label: line.name,
          stroke: line.colour,
          width: 2,
          dash: line.dash,
          points: { show: data[0].length === 1 },
        })),
      ],
      hooks: { draw: [(drawn) => label(drawn, lines)] },
    },
    data,
    box,
  );
  new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: box.clientHeight })).observe(box);
  const redraw = (): void => plot.redraw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}

for (const box of document.querySelectorAll<HTMLElement>("[data-chart]")) draw(box);

"use strict";
// The page of `diffcheck plot -o page.html`. All numbers were computed before: what is here chooses and draws.

/** What needs no browser: tested by itself. */
const geometry = {
  /** The index of the point that is nearest to x; the points ascend. */
  nearest(points, x) {
    let low = 0, high = points.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (points[middle].x <= x) low = middle; else high = middle;
    }
    return x - points[low].x <= points[high].x - x ? low : high;
  },
  /** The lines to draw at a point: a slope and a side (-1 left, 1 right, 0 both) each. */
  tangents(point) {
    if (point.left !== null && point.right !== null) return [{slope: point.left, side: -1}, {slope: point.right, side: 1}];
    return point.slope === null ? [] : [{slope: point.slope, side: 0}];
  },
  /** What the tangents leave over at the other points: |δ|, |f - tangent|, and whether it lies to the right. */
  remainders(points, k) {
    const here = points[k], lines = geometry.tangents(here), found = [];
    if (here.f === null) return found;
    for (const other of points) {
      const delta = other.x - here.x;
      const line = lines.find(({side}) => side === 0 || side * delta > 0);
      if (delta === 0 || other.f === null || line === undefined) continue;
      const rest = Math.abs(other.f - here.f - line.slope * delta);
      const noise = 8 * Number.EPSILON * Math.max(Math.abs(other.f), Math.abs(here.f), Math.abs(line.slope * delta));
      if (rest > noise) found.push({delta: Math.abs(delta), rest, right: delta > 0});
    }
    return found;
  },
  /** Round numbers between two ends, some `count` of them; of a logarithmic axis whole exponents, if there are some. */
  ticks(low, high, count, whole = false) {
    const rough = (high - low) / count, power = Math.pow(10, Math.floor(Math.log10(rough)));
    const fine = [1, 2, 5, 10].map((times) => times * power).find((each) => each >= rough);
    const step = whole && high - low >= 1 ? Math.max(1, Math.round(fine)) : fine;
    const found = [];
    for (let n = Math.ceil(low / step); n * step <= high + step * 1e-9; n++) found.push(n * step);
    return found;
  },
  /** A number to read. */
  short(value) {
    if (value === null || Number.isNaN(value)) return "—";
    if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
    return String(Number(value.toPrecision(6))).replace("-", "−");
  },
  /** The equation of a line through a point. */
  equation(name, point, slope) {
    const rest = point.f - slope * point.x;
    const size = Math.max(Math.abs(point.f), Math.abs(slope * point.x));
    const constant = Math.abs(rest) <= 4 * Number.EPSILON * size ? 0 : rest;
    if (slope === 0) return `y = ${geometry.short(point.f)}`;
    const factor = slope === 1 ? "" : slope === -1 ? "−" : geometry.short(slope) + (name.length > 1 ? "·" : "");
    const tail = constant === 0 ? "" : ` ${constant < 0 ? "−" : "+"} ${geometry.short(Math.abs(constant))}`;
    return `y = ${factor}${name}${tail}`;
  },
  /** The next point with something to say in a direction; -1 if there is none. */
  nextSpecial(points, k, step) {
    for (let i = k + step; i >= 0 && i < points.length; i += step) if (points[i].special) return i;
    return -1;
  },
};

if (typeof module !== "undefined") module.exports = geometry;

if (typeof document !== "undefined") (() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const points = data.points.map(([x, f, slope, left, right, status, texts, results, special]) =>
    ({x, f, slope, left, right, status: data.statuses[status], texts, results, special: Boolean(special)}));
  const slider = document.getElementById("point"), curve = document.getElementById("curve"), rest = document.getElementById("rest");
  const NS = "http://www.w3.org/2000/svg";
  let current = data.start;

  const make = (name, attributes, text) => {
    const element = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const frame = (svg, height) => {
    const width = Math.max(280, svg.parentElement.clientWidth);
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("height", height);
    svg.replaceChildren();
    const clip = make("clipPath", {id: `${svg.id}-clip`});
    const box = {left: 56, right: width - 12, top: 12, bottom: height - 34};
    clip.append(make("rect", {x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top}));
    svg.append(clip);
    return box;
  };
  const drawable = (place) => Math.max(-1e7, Math.min(1e7, place)); // SVG has single precision
  const scale = (low, high, from, to) => (value) => from + (value - low) / (high - low) * (to - from);

  const axes = (svg, box, toX, toY, [left, right, low, high], format, xName, whole = false) => {
    const across = Math.max(3, Math.floor((box.right - box.left) / 90));
    for (const x of geometry.ticks(left, right, across, whole)) {
      svg.append(make("line", {x1: toX(x), x2: toX(x), y1: box.top, y2: box.bottom, class: "grid"}));
      svg.append(make("text", {x: toX(x), y: box.bottom + 16, "text-anchor": "middle"}, format(x)));
    }
    for (const y of geometry.ticks(low, high, 5, whole)) {
      svg.append(make("line", {x1: box.left, x2: box.right, y1: toY(y), y2: toY(y), class: "grid"}));
      svg.append(make("text", {x: box.left - 6, y: toY(y) + 4, "text-anchor": "end"}, format(y)));
    }
    svg.append(make("text", {x: box.right, y: box.bottom + 30, "text-anchor": "end", class: "name"}, xName));
  };

  let toX, fromX;
  const drawCurve = () => {
    const box = frame(curve, Math.min(420, Math.max(240, window.innerHeight * 0.45)));
    const {left, right, low, high} = data.range;
    toX = scale(left, right, box.left, box.right);
    fromX = scale(box.left, box.right, left, right);
    const toY = scale(low, high, box.bottom, box.top);
    axes(curve, box, toX, toY, [left, right, low, high], geometry.short, data.variable);
    const inside = make("g", {"clip-path": "url(#curve-clip)"});
    let path = "", pen = false;
    data.curve.forEach(([x, y]) => {
      if (y === null) { pen = false; return; }
      path += `${pen ? "L" : "M"}${toX(x).toFixed(2)} ${drawable(toY(y)).toFixed(2)}`;
      pen = true;
    });
    inside.append(make("path", {d: path, class: "curve"}));
    for (const point of points) {
      if (point.special && point.f !== null) inside.append(make("circle", {cx: toX(point.x), cy: drawable(toY(point.f)), r: 4, class: "special"}));
    }
    const here = points[current];
    if (here.f !== null) {
      geometry.tangents(here).forEach(({slope, side}, i) => {
        const from = side > 0 ? here.x : left, to = side < 0 ? here.x : right;
        const at = (x) => drawable(toY(here.f + slope * (x - here.x)));
        inside.append(make("line", {x1: toX(from), y1: at(from), x2: toX(to), y2: at(to), class: `tangent side${i}`}));
      });
      inside.append(make("circle", {cx: toX(here.x), cy: toY(here.f), r: 16, class: "touch"}));
      inside.append(make("circle", {cx: toX(here.x), cy: toY(here.f), r: 7, class: "here"}));
    } else {
      inside.append(make("line", {x1: toX(here.x), x2: toX(here.x), y1: box.top, y2: box.bottom, class: "nowhere"}));
    }
    curve.append(inside);
  };

  const drawRest = () => {
    const found = geometry.remainders(points, current);
    const message = document.getElementById("rest-words");
    rest.style.display = found.length > 1 ? "" : "none";
    const here = points[current];
    message.textContent = found.length > 1
      ? "Each dot is a point at this distance |δ|, to the left (○) or to the right (●). Where f is smooth, the dots fall like δ², along the dashed line."
      : here.f === null || geometry.tangents(here).length === 0 ? "There is no tangent here." : "The tangent leaves nothing over but rounding: f is a straight line here.";
    if (found.length < 2) return;
    const box = frame(rest, 230), log = Math.log10;
    const deltas = found.map(({delta}) => log(delta)), rests = found.map((each) => log(each.rest));
    const [left, right] = [Math.min(...deltas), Math.max(...deltas)];
    const low = Math.max(Math.min(...rests), Math.max(...rests) - 18), high = Math.max(...rests, low + 1);
    const x = scale(left, right, box.left, box.right), y = scale(low, high, box.bottom, box.top);
    const power = (value) => Number.isInteger(Number(value.toFixed(6))) ? `1e${Math.round(value)}`.replace("-", "−") : geometry.short(10 ** value);
    axes(rest, box, x, y, [left, right, low, high], power, "|δ|", true);
    const inside = make("g", {"clip-path": "url(#rest-clip)"});
    const k = deltas.indexOf(left);
    inside.append(make("line", {x1: x(left), y1: y(rests[k]), x2: x(right), y2: y(rests[k] + 2 * (right - left)), class: "guide"}));
    found.forEach((each, i) => inside.append(make("circle", {cx: x(deltas[i]), cy: y(rests[i]), r: 2.5, class: each.right ? "right" : "left"})));
    rest.append(inside);
  };

  const say = () => {
    const here = points[current], lines = geometry.tangents(here);
    const set = (id, text) => { document.getElementById(id).textContent = text; };
    const [f, slope, reason] = here.texts;
    set("x", String(here.x));
    set("f", f || "not proved");
    set("slope", slope || "—");
    set("status", here.status + (data.words[reason] ? `: ${data.words[reason]}` : ""));
    const sides = {"-1": "from the left: ", 0: "", 1: "from the right: "};
    const equations = here.f === null ? [] : lines.map(({slope, side}) => sides[side] + geometry.equation(data.variable, here, slope));
    set("tangent", equations.join("; ") || "none");
    const body = document.getElementById("results");
    body.replaceChildren(...here.results.map(([who, value, ulps, mark, verdict, why]) => {
      const row = document.createElement("tr");
      const title = document.createElement("th");
      title.scope = "row";
      title.textContent = data.engines[who];
      row.append(title, ...[data.words[value], data.words[ulps], `${mark} ${data.verdicts[verdict]}`].map((text) => {
        const cell = document.createElement("td");
        cell.textContent = text;
        return cell;
      }));
      row.title = data.words[why];
      row.className = data.outcomes[mark] || "";
      return row;
    }));
    const worst = here.results.map(([, , , mark, verdict]) => [mark, data.verdicts[verdict]]);
    const verdicts = [...new Set(worst.map(([, verdict]) => verdict))].join(", ");
    slider.value = current;
    slider.setAttribute("aria-valuetext", `${data.variable} = ${geometry.short(here.x)}, ${here.status}, slope ${slope || "none"}, ${verdicts}`);
  };

  const go = (k) => {
    if (k < 0 || k >= points.length) return;
    current = k;
    drawCurve();
    drawRest();
    say();
  };
  slider.max = points.length - 1;
  slider.addEventListener("input", () => go(Number(slider.value)));
  for (const [id, step] of [["back", -1], ["on", 1]]) {
    document.getElementById(id).addEventListener("click", () => go(geometry.nextSpecial(points, current, step)));
  }
  const follow = (event) => {
    const place = curve.getBoundingClientRect();
    go(geometry.nearest(points, fromX((event.clientX - place.left) * curve.viewBox.baseVal.width / place.width)));
  };
  curve.addEventListener("pointerdown", (event) => {
    curve.setPointerCapture(event.pointerId);
    follow(event);
    slider.focus({preventScroll: true});
    event.preventDefault();
  });
  curve.addEventListener("pointermove", (event) => { if (event.buttons) follow(event); });
  window.addEventListener("resize", () => go(current));
  go(current);
})();

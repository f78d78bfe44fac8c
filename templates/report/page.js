"use strict";
(() => {
  const byId = (id) => document.getElementById(id);

  // Everything below is packed into the page: nothing is fetched.
  const unpacked = async (id) => {
    const bytes = Uint8Array.from(atob(byId(id).textContent.trim()), (each) => each.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).text();
  };

  const rowsOf = (columns) => {
    const names = Object.keys(columns);
    return (columns[names[0]] ?? []).map((_, index) =>
      Object.fromEntries(names.map((name) => [name, columns[name][index]])));
  };

  const dark = matchMedia("(prefers-color-scheme: dark)");
  let values = null;
  let loading = null;

  const load = async () => {
    values = JSON.parse(await unpacked("values"));
    const script = document.createElement("script");
    script.textContent = await unpacked("library");
    document.head.append(script);
  };

  const draw = async (place, name, spec) => {
    const sweep = values.sweeps[name];
    sweep.rows ??= Object.fromEntries(Object.entries(sweep.data).map(([set, columns]) => [set, rowsOf(columns)]));
    const look = dark.matches ? "dark" : "light";
    place.view?.finalize();
    place.textContent = "";
    place.view = await window.vegaEmbed(place, { ...values.specs[spec], datasets: structuredClone(sweep.rows) }, {
      actions: false, ast: true, config: values.looks[look], defaultStyle: false,
      mode: "vega-lite", renderer: "svg", tooltip: { disableDefaultStyle: true },
    });
    place.querySelector("svg")?.setAttribute("aria-hidden", "true");
    place.dataset.drawn = look;
  };

  const element = (name, className, text) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };

  const drawers = [];
  const show = async (place) => {
    loading ??= load();
    await loading;
    const { sweep: name } = place.dataset;
    const { charts, metric } = values.sweeps[name];
    place.textContent = "";
    const own = [];
    const groups = [
      ["wide", "The sweep", "plots", ""],
      ["parameter", `Each hyperparameter against ${metric}`, "plots small", "The star is the best trial, a dashed line the baseline."],
    ];
    for (const [kind, heading, className, note] of groups) {
      const these = charts.filter((chart) => chart[0] === kind);
      if (!these.length) continue;
      place.append(element("h3", "", heading));
      if (note) place.append(element("p", "note", note));
      const group = place.appendChild(element("div", className));
      for (const [, title, text, spec] of these) {
        const figure = group.appendChild(element("figure", kind));
        figure.append(element("h4", "", title));
        const chart = figure.appendChild(element("div", "chart"));
        chart.setAttribute("role", "img");
        chart.setAttribute("aria-label", `${title}: ${text}`);
        figure.append(element("figcaption", "", text));
        const drawer = () => draw(chart, name, spec).catch((fault) => {
          chart.textContent = "This browser cannot draw the chart; the table of trials holds the same values.";
          console.warn(fault);
        });
        own.push(drawer);
      }
    }
    drawers.push(...own);
    for (const drawer of own) await drawer();  // once all have their place, and with it their width
  };

  // Of many sweeps only those are drawn that come into sight; of a few all, so that they print.
  const FEW = 5;
  const places = [...document.querySelectorAll("[data-sweep]")];
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      show(target).catch((fault) => {
        target.textContent = "This browser cannot draw the plots; the tables hold the same values.";
        console.warn(fault);
      });
    }
  }, { rootMargin: places.length > FEW ? "600px" : "1000000px" });
  places.forEach((place) => seen.observe(place));
  const again = () => drawers.forEach((drawer) => drawer());
  dark.addEventListener("change", again);
  addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((each) => { each.open = true; });
  });

  // What is wider than the window scrolls, by keyboard too.
  const scrolls = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth <= target.clientWidth) {
        ["tabindex", "role", "aria-label"].forEach((name) => target.removeAttribute(name));
        continue;
      }
      let before = target.previousElementSibling ?? target.parentElement;
      while (before && !/^(H[1-6]|SUMMARY)$/.test(before.tagName)) before = before.previousElementSibling;
      const part = target.closest("article")?.dataset.circuit;
      target.setAttribute("tabindex", "0");
      target.setAttribute("role", "region");
      target.setAttribute("aria-label", [before?.textContent ?? "Table", part].filter(Boolean).join(", "));
    }
  });
  document.querySelectorAll(".scroll, pre").forEach((each) => scrolls.observe(each));

  const list = async (place) => {
    loading ??= load();
    await loading;
    const { data, metric, names } = values.sweeps[place.dataset.trials];
    const times = new Map((rowsOf(data.times ?? {})).map((row) => [row.t, (row.e - row.a).toPrecision(3)]));
    const made = element("table", "trials");
    const head = made.createTHead().insertRow();
    for (const name of ["Trial", "Ended", metric, ...names, "minutes"]) head.append(element("th", "", name));
    const body = made.createTBody();
    for (const row of rowsOf(data.trials)) {
      const line = body.insertRow();
      if (row.b) line.className = "best";
      line.append(element("th", "", row.b ? `${row.n} ★ best` : row.n));
      const given = [row.s, row.y, ...names.map((_, index) => row[`p${index}`]), times.get(row.t)];
      for (const value of given) line.insertCell().textContent = value ?? "–";
    }
    place.replaceChildren(made);
  };
  document.querySelectorAll("[data-trials]").forEach((place) => {
    place.parentElement.addEventListener("toggle", () => list(place).catch(console.warn), { once: true });
  });

  const table = byId("overview");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const controls = byId("controls");
  controls.hidden = false;
  const search = byId("search");
  const shown = byId("shown");
  const kinds = [...controls.querySelectorAll("button[data-kind]")];
  let kind = "";

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      const right = !kind || (kind === "person" ? row.cells[2].textContent.trim() : row.cells[1].classList.contains(kind));
      row.hidden = !(right && words.every((word) => text.includes(word)));
      count += row.hidden ? 0 : 1;
    }
    shown.textContent = `${count} of ${rows.length} sweeps shown`;
  };
  search.addEventListener("input", filter);
  for (const button of kinds) {
    button.addEventListener("click", () => {
      kind = button.dataset.kind;
      kinds.forEach((each) => each.setAttribute("aria-pressed", String(each === button)));
      filter();
    });
  }

  const keyOf = (row, column) => {
    const cell = row.cells[column];
    const text = (cell.dataset.key ?? cell.textContent).trim();
    if (text === "" || text === "–") return null;
    return column > 1 ? Number.parseFloat(text) : text;
  };
  const compared = (one, other) => {
    if (one === null || other === null) return (one === null) - (other === null);
    return typeof one === "number" && typeof other === "number" ? one - other
      : String(one).localeCompare(String(other), "en", { numeric: true });
  };
  const heads = [...table.tHead.rows[0].cells];
  for (const head of heads) {
    const button = head.querySelector("button");
    button.disabled = false;
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const column = head.cellIndex;
      const keyed = rows.map((row) => [keyOf(row, column), row]);
      keyed.sort(([one], [other]) => {
        const empty = (one === null) - (other === null);
        return empty || (up ? compared(one, other) : compared(other, one));
      });
      body.append(...keyed.map(([, row]) => row));
    });
  }
  filter();
})();

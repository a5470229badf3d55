// @ts-check
import { describe, expect, it } from "vitest";
import { arranged, coloured, dressed, wrapped } from "../../static/js/plot_look.js";

/** @param {Partial<import("../../static/js/plot_look.js").Look>} [changes] */
function look(changes = {}) {
  return {
    colour: (/** @type {string} */ name) => `colour of ${name}`,
    fontFamily: "Inter",
    paper: "#fff",
    width: 800,
    ...changes,
  };
}

/** @param {Record<string, any>} [layout] @param {any[]} [data] */
function figure(layout = {}, data = [{ type: "scatter", x: [1], y: [2] }]) {
  return { data, layout };
}

describe("a figure in the page's look", () => {
  it("takes the theme's colours, in scales too", () => {
    const scale = [
      [0, "var(--chart-grid)"],
      [1, "#123456"],
    ];
    expect(coloured({ marker: { color: "var(--chart-best)", colorscale: scale } }, look().colour)).toEqual({
      marker: {
        color: "colour of --chart-best",
        colorscale: [
          [0, "colour of --chart-grid"],
          [1, "#123456"],
        ],
      },
    });
  });

  it("leaves the figure itself as it came", () => {
    const given = figure({ xaxis: { title: { text: "Trial" } } });
    const before = JSON.stringify(given);
    dressed(given, look({ width: 300 }));
    expect(JSON.stringify(given)).toBe(before);
  });

  it("shows three digits, and per cent where the axis has it", () => {
    const { layout } = dressed(figure({ yaxis: { tickformat: ".0%" } }), look());
    expect([layout.xaxis.hoverformat, layout.yaxis.hoverformat]).toEqual([".3~g", ".1%"]);
  });

  it("keeps what a person has zoomed into when new trials come", () => {
    expect(dressed(figure(), look()).layout.uirevision).toBe("kept");
  });

  it("is wider than its room where its columns need it, and says so", () => {
    const wide = figure({ meta: { min_width: 900 } });
    expect([dressed(wide, look()).layout.width, dressed(wide, look()).scrolls]).toEqual([900, true]);
    expect(dressed(wide, look({ width: 1000 })).scrolls).toBe(false);
  });

  it("puts its legend under the plot on a phone", () => {
    const two = figure({ height: 300 }, [
      { type: "scatter", y: [1] },
      { type: "scatter", y: [2] },
    ]);
    expect(dressed(two, look()).layout.legend.yanchor).toBe("bottom");
    expect(dressed(two, look()).layout.height).toBe(300);
    const narrow = dressed(two, look({ width: 340 })).layout;
    expect([narrow.legend.yref, narrow.height]).toEqual(["container", 384]);
  });

  it("breaks long names beside bars on a phone", () => {
    const bars = figure({}, [{ type: "bar", x: [1], y: ["Units of the first dense layer"] }]);
    expect(dressed(bars, look({ width: 340 })).data[0].y).toEqual(["Units of the first<br>dense layer"]);
    expect(dressed(bars, look()).data[0].y).toEqual(["Units of the first dense layer"]);
  });
});

describe("small plots", () => {
  it("stand in as many columns as there is room for", () => {
    const columns = [340, 700, 1200].map((width) => arranged({}, 9, width).grid.columns);
    expect(columns).toEqual([1, 2, 3]);
    expect(arranged({}, 2, 1200).grid).toMatchObject({ rows: 1, columns: 2 });
  });

  it("leave room for names beside them", () => {
    const names = arranged({ yaxis2: { type: "category" } }, 3, 1200).grid.xgap;
    expect(names).toBeGreaterThan(arranged({}, 3, 1200).grid.xgap);
  });
});

it("wraps at words alone", () => {
  expect([wrapped("Learning rate"), wrapped("Extraordinarilylongname"), wrapped("")]).toEqual([
    "Learning rate",
    "Extraordinarilylongname",
    "",
  ]);
});

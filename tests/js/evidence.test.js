// @ts-check
import { describe, expect, it } from "vitest";
import { evidenceFacts, evidenceSentence, evidenceTables } from "../../static/js/evidence.js";

const UNITS = {
  worst_layer: "dense",
  layers: [
    { layer: "conv2d", units: 32, alive: 1, dead_share: 0, dead_share_at_first: null },
    { layer: "dense", units: 128, alive: 0.74, dead_share: 0.25, dead_share_at_first: null },
  ],
};

describe("evidence as facts", () => {
  it("has words and units for what is known", () => {
    const facts = evidenceFacts("convergence_quality", {
      progress: 0.94,
      label_entropy: 2.3026,
      best_after_epochs: 5.75,
    });
    expect(facts).toEqual([
      { label: "Progress from guessing to no loss", text: "94.0\u00a0%" },
      { label: "Loss of guessing", text: "2.303\u00a0nats" },
      { label: "Best after", text: "epoch 5.75" },
    ]);
  });

  it("shows what is not known as it is, and leaves out what was not measured", () => {
    expect(evidenceFacts("gradient_health", { made_up_tomorrow: 0.25, label: "x", gone: null })).toEqual([
      { label: "Made up tomorrow", text: "0.25" },
      { label: "Label", text: "x" },
    ]);
  });

  it("tells the two meanings of one name apart", () => {
    expect(evidenceFacts("gradient_health", { alive: 1 })[0].label).toBe("There is a gradient");
    expect(evidenceTables(UNITS)[0].columns).toContain("Alive");
  });
});

describe("evidence as tables", () => {
  it("has a row for each layer and no column that is empty", () => {
    const [table] = evidenceTables(UNITS);
    expect(table.caption).toBe("By layer");
    expect(table.columns).toEqual(["Layer", "Units", "Alive", "Dead"]);
    expect(table.rows[1]).toEqual(["dense", "128", "74.0\u00a0%", "25.0\u00a0%"]);
  });

  it("has a row for each epoch of values by epoch, and for each part of the training", () => {
    expect(evidenceTables({ by_epoch: { 1: 0.5, 2: 0.75 } })[0].rows).toEqual([
      ["1", "0.5"],
      ["2", "0.75"],
    ]);
    expect(evidenceTables({ chunk_means: [2.3, 1.1] })[0].rows).toEqual([
      ["1", "2.3"],
      ["2", "1.1"],
    ]);
  });

  it("says how many rows it does not show", () => {
    const layers = Array.from({ length: 30 }, (_, index) => ({ layer: `conv2d_${index}`, units: 1 }));
    const [table] = evidenceTables({ layers });
    expect([table.rows.length, table.caption]).toEqual([20, "By layer: the first 20 of 30"]);
  });

  it("is none where nothing happened", () => {
    expect(evidenceTables({ rises: [], worst_classes: [] })).toEqual([]);
    expect(evidenceTables(undefined)).toEqual([]);
  });
});

describe("evidence on one line", () => {
  it("names the worst layer with its numbers", () => {
    expect(evidenceSentence("neuron_utilization", UNITS)).toBe(
      "Worst layer dense: 74.0\u00a0% alive, 25.0\u00a0% dead.",
    );
  });

  it("joins what says most", () => {
    const evidence = { mean_recall: 0.9, true_spread: 0.05, worst_classes: [{ class: "cat", recall: 0.7 }] };
    expect(evidenceSentence("accuracy_consistency", evidence)).toBe(
      "Mean recall 90.0\u00a0%; spread between classes 5.0\u00a0%; hardest class cat, found in 70.0\u00a0%.",
    );
  });

  it("is empty where there is none", () => {
    expect(evidenceSentence("training_stability", {})).toBe("");
    expect(evidenceSentence("unheard_of", undefined)).toBe("");
  });
});

#!/usr/bin/env python3
"""Searches a tabular benchmark with Optuna: what its samplers find after so many whole trainings, against random order.

    build/release/mdsearch db export --to csv --sweep recorded --db results.db --out curves.csv
    python tests/parity/tabular_search.py curves.csv

A sampler suggests a value for each choice; the candidate of the table that differs in the fewest choices is its trial, and
one that was tried before costs nothing. Needs optuna.
"""

import argparse
import csv
import random
import statistics

import optuna

SCORE = "fd_emoji_clip"
# The columns before and after the choices, as reports/curves_report.cpp names them.
COUNTS = {"sweep", "name", "hash", "trained_hash", "protocol", "seed", "state", "params", "macs", "macs_valid",
          "iteration", "images_seen"}
SCORES = ("fd_", "clip_", "kid_", "fid", "cmmd", "precision", "recall", "psnr", "ssim", "lpips")


def candidates_of(file):
    """The last evaluation of each candidate that trained furthest: its choices and its score."""
    with open(file, newline="", encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row[SCORE]]
    last = max(int(row["iteration"]) for row in rows)
    choices = [name for name in rows[0] if name not in COUNTS and not name.startswith(SCORES)]
    found = {}
    for row in rows:
        if int(row["iteration"]) == last:
            found.setdefault(row["hash"], []).append(row)
    return choices, [({name: seeds[0][name] for name in choices}, statistics.mean(float(row[SCORE]) for row in seeds))
                     for seeds in found.values()]


def nearest(wanted, candidates):
    return min(range(len(candidates)), key=lambda i: sum(candidates[i][0][name] != wanted[name] for name in wanted))


def searched(sampler, choices, candidates, trials):
    """The best score after each new candidate."""
    values = {name: sorted({choice[name] for choice, _ in candidates}) for name in choices}
    study = optuna.create_study(sampler=sampler)
    tried, best = set(), []
    for _ in range(50 * trials):
        trial = study.ask()
        index = nearest({name: trial.suggest_categorical(name, values[name]) for name in choices}, candidates)
        study.tell(trial, candidates[index][1])
        if index not in tried:
            tried.add(index)
            best.append(min(candidates[i][1] for i in tried))
        if len(tried) == trials:
            break
    return best + [best[-1]] * (trials - len(best))


def in_random_order(seed, candidates, trials):
    scores = [score for _, score in candidates]
    random.Random(seed).shuffle(scores)
    return [min(scores[:n + 1]) for n in range(trials)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="what `mdsearch db export --to csv` wrote")
    parser.add_argument("--trials", type=int, default=0, help="candidates tried; 0: half of them")
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    choices, candidates = candidates_of(options.file)
    trials = options.trials or max(2, len(candidates) // 2)
    best = min(score for _, score in candidates)
    print(f"{len(candidates)} candidates, {len(choices)} choices; regret in {SCORE} after {trials} candidates, "
          f"mean of {options.seeds} seeds")
    makers = {"random order": lambda seed: in_random_order(seed, candidates, trials),
              "TPE": lambda seed: searched(optuna.samplers.TPESampler(seed=seed), choices, candidates, trials),
              "NSGA-II": lambda seed: searched(optuna.samplers.NSGAIISampler(seed=seed), choices, candidates, trials)}
    for name, make in makers.items():
        regrets = [make(seed)[-1] / best - 1 for seed in range(options.seeds)]
        print(f"{name:14s} {100 * statistics.mean(regrets):6.2f} %")


if __name__ == "__main__":
    main()

"""`python -m deploy.sample --period 2026-10 --out DIR`."""

import argparse
from pathlib import Path

from deploy.sample import write_sample
from shared.periods import Month


def main() -> None:
    parser = argparse.ArgumentParser(prog="deploy.sample", description=__doc__)
    parser.add_argument("--period", type=Month.parse, required=True, help="such as 2026-10")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    sample = write_sample(root=chosen.out, period=chosen.period, seed=chosen.seed)
    print(
        f"{sample.line_count} bill lines, {sample.bill_total:,.2f} USD, "
        f"{sample.signal_count} signals in {chosen.out}"
    )


main()

"""`python -m tests.reliability [--long]`: the ten numbers, beside what people write instead."""

import argparse
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import toolkit
from tests.push.kernel import EDGES
from tests.push.world import stricter_vendor
from tests.reliability import chaos, comparators, measures
from tests.reliability.chaos import Tally


@dataclass(frozen=True)
class Size:
    pushes: int
    rows: int
    kills: int  # of each push
    compared: int  # pushes of each comparator
    envelopes: int
    large: int  # rows of the one large push


SHORT = Size(pushes=12, rows=3000, kills=4, compared=6, envelopes=40, large=100_000)
LONG = Size(pushes=252, rows=4000, kills=4, compared=60, envelopes=200, large=1_000_000)
SHARE = 0.05  # of the requests that carry rows go wrong


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.reliability", description=__doc__)
    parser.add_argument("--long", action="store_true", help="a thousand kills, a million rows: half an hour")
    size = LONG if parser.parse_args().long else SHORT
    say([f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {'long' if size is LONG else 'short'}"])
    with stricter_vendor(), toolkit.start_sandbox() as box:
        chaos.trouble(box, SHARE)
        started = time.monotonic()
        ours = chaos.run(box, size.pushes, size.rows, size.kills)
        took = time.monotonic() - started
        others = {n: comparators.run(box, n, size.compared, size.rows, size.kills) for n in comparators.WAYS}
    about_errors(ours, others, took)
    with toolkit.start_sandbox() as box:
        say(["2b. Distributions", *measures.distribution(box, size.envelopes)])
        about_doubts(ours)
        about_kills(ours)
        say(["5. Bad rows", *measures.bad_rows(box)])
        say(["6. Requests", *measures.amplification(box, 20_000)])
        say(["7. Waiting when told to", *measures.waiting(box, 20_000)])
        say(["8. What it costs", *measures.overhead(box, size.large)])
    say(["9. Coverage", *measures.coverage(), f"edges killed at: {len(ours.edges)} of {len(EDGES)}"])
    say(
        [
            "10. Leaks",
            f"{ours.leaks} hits of secrets, tokens or cells in the files, logs and reports of {ours.surfaces} pushes",
        ]
    )


def about_errors(ours: Tally, others: dict[str, Tally], took: float) -> None:
    lines = [
        f"1, 2. Wrong claims and duplicates, {SHARE:.0%} of the requests going wrong ({took:.0f} s)",
        f"{'way':<18}{'rows':>10}{'pushes':>8}{'kills':>7}{'lost':>9}{'doubled':>9}{'false no':>9}{'duplicates':>11}"
        f"{'unknown':>9}{'wrong per 1M':>14}",
    ]
    for name, tally in {"toolkit": ours, **others}.items():
        lines.append(
            f"{name:<18}{tally.rows:>10,}{tally.pushes:>8}{tally.kills:>7,}{tally.lost:>9,}{tally.doubled:>9,}"
            f"{tally.false_rejected:>9,}{tally.duplicates:>11,}{tally.outcomes.get('unknown', 0):>9,}"
            f"{1e6 * tally.wrong / tally.rows:>14,.0f}"
        )
    if not ours.wrong:
        lines.append(f"toolkit: at most {3 / ours.pushes:.2%} of pushes with a wrong claim (95 %, by push)")
    say([*lines, f"outcomes {ours.outcomes}; pushes that did not end: {ours.unfinished}"])


def about_doubts(ours: Tally) -> None:
    decided = 1 - ours.undecided / max(1, ours.doubts)
    unknown = 1e6 * ours.outcomes.get("unknown", 0) / ours.rows
    say(
        [
            "3. Unknown",
            f"{unknown:,.0f} rows per 1M; {ours.doubts:,} requests in doubt, {decided:.1%} of them decided by evidence",
        ]
    )


def about_kills(ours: Tally) -> None:
    say(["4. Kills", f"{ours.kills:,} SIGKILLs over {ours.pushes} pushes, {ours.sittings:,} runs"])


def say(lines: Iterable[str]) -> None:
    first, *rest = lines
    print(f"\n{first}", *(f"    {line}" for line in rest), sep="\n", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()

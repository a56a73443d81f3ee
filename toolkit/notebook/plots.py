"""Pictures of what the systems answer, where people would rather look than read. Needs the extra `plots`.

Each takes a DataFrame as a system gives it, and gives matplotlib's axes, as pandas does: `ax=` draws into some of your
own, and what the axes offer changes the picture.

from toolkit import plots
plots.signatures_over_time(api.signio.signature_status(ids))
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from toolkit.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GOOD, LATER, BAD, DOUBT, QUIET = (
    "#0072B2",
    "#C9D6DF",
    "#D55E00",
    "#E69F00",
    "#999999",
)  # told apart by colour-blind eyes
OUTCOME_COLOURS = {
    "verified": GOOD,
    "accepted": "#56B4E9",
    "rejected": BAD,
    "unknown": DOUBT,
    "duplicated": "#CC79A7",
    "not sent": QUIET,
}
ROW = 0.32  # inches that a bar needs


def outcomes(summary: "pd.Series[int]", *, ax: "Axes | None" = None) -> "Axes":
    """A bar for each outcome of a push that occurred. `report.plot()` is the shorter way.

    Args:
        summary: a report's `summary`.
        ax: where to draw; a new figure where it is None.
    """
    counts = summary[summary > 0]
    colours = [OUTCOME_COLOURS.get(str(name), QUIET) for name in counts.index]
    axes = _axes(ax, len(counts))
    bars = axes.barh(range(len(counts)), counts.to_numpy(), color=colours)
    axes.bar_label(bars, [f"{count:,}" for count in counts], padding=3)
    _rows(axes, counts.index)
    axes.set(title=f"{int(summary.sum()):,} rows", xlabel="rows")
    axes.margins(x=0.12)
    return axes


def signatures_over_time(status: pd.DataFrame, *, ax: "Axes | None" = None) -> "Axes":
    """How many signatures had been given at each moment, and how many there are to be.

    Args:
        status: from `signio.signature_status`.
        ax: where to draw; a new figure where it is None.
    """
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    awaited = _signatures(status)
    given = awaited["fecha_firma"].dropna().sort_values()
    axes = _axes(ax, 8)
    if len(given):
        start = pd.Series([given.iloc[0]])
        moments = pd.concat([start, given]).dt.tz_convert("UTC").dt.tz_localize(None)
        axes.step(moments.to_numpy(), range(len(moments)), where="post", color=GOOD, linewidth=2)
        axes.fill_between(moments.to_numpy(), range(len(moments)), step="post", color=GOOD, alpha=0.15)
        days = AutoDateLocator()
        axes.xaxis.set_major_locator(days)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(days))
    axes.axhline(len(awaited), color=QUIET, linestyle="--", linewidth=1)
    axes.set(title=f"{len(given):,} of {len(awaited):,} signatures", ylabel="signatures", xlabel="UTC")
    axes.set_ylim(0, max(1, len(awaited)) * 1.08)
    _whole_numbers(axes.yaxis)
    return axes


def signatures_by_signer(status: pd.DataFrame, *, ax: "Axes | None" = None) -> "Axes":
    """A bar for each signer: signatures given, those that can be given now, and those that wait for others.

    Who has most left to sign stands at the top.

    Args:
        status: from `signio.signature_status`.
        ax: where to draw; a new figure where it is None.
    """
    awaited = _signatures(status)
    signer = awaited["firmante"].fillna(awaited["email"]).fillna(awaited["id_firmante"])
    signed, turn = awaited["firmada"].fillna(False).astype(bool), awaited["en_turno"].fillna(False).astype(bool)
    parts = {"signed": signed, "can sign now": turn & ~signed, "waits for others": ~turn & ~signed}
    table = pd.DataFrame(parts).groupby(signer.to_numpy(), sort=False).sum()
    table = table.assign(open=-table["signed"] + table.sum(axis=1)).sort_values("open", ascending=False, kind="stable")
    axes = _stacked(table[list(parts)], dict(zip(parts, (GOOD, DOUBT, LATER), strict=True)), ax)
    axes.set(title="Signatures by signer", xlabel="signatures")
    return axes


def answers(given: pd.DataFrame, *, ax: "Axes | None" = None) -> "Axes":
    """How many fields each peer answered in each category: a grid, darker where it is more.

    Args:
        given: from `carmachain.answers` or `carmachain.collect`.
        ax: where to draw; a new figure where it is None.
    """
    _has(given, "groupData", "idPpeers", "fieldName")
    known = given.dropna(subset=["fieldName"])
    table = known.groupby(["groupData", "idPpeers"], sort=True).size().unstack(fill_value=0)
    axes = _axes(ax, len(table) + 2)
    if table.empty:
        axes.text(0.5, 0.5, "no answers yet", ha="center", va="center", transform=axes.transAxes)
    else:
        axes.imshow(table.to_numpy(), cmap="Blues", aspect="auto", vmin=0)
        dark = table.to_numpy().max() / 2
        for row, counts in enumerate(table.to_numpy()):
            for column, count in enumerate(counts):
                axes.text(column, row, f"{count:,}", ha="center", va="center", color="w" if count > dark else "k")
    axes.set_xticks(range(table.shape[1]), [str(name) for name in table.columns], rotation=30, parse_math=False)
    axes.set_yticks(range(len(table)), [str(name) for name in table.index], parse_math=False)
    axes.set(title=f"{len(known):,} fields answered, by category and peer")
    return axes


def card_codes_per_domain(codes: pd.DataFrame, *, ax: "Axes | None" = None) -> "Axes":
    """A bar for each domain: its card codes, its users without one, and its users who could not be read.

    Args:
        codes: from `nddprint.card_codes_of`.
        ax: where to draw; a new figure where it is None.
    """
    _has(codes, "DomainName", "CardCode", "error")
    has, failed = codes["CardCode"].notna(), codes["error"].notna()
    parts = {"card codes": has, "users without a code": ~has & ~failed, "users not read": failed}
    table = pd.DataFrame(parts).groupby(codes["DomainName"].to_numpy(), sort=True).sum()
    axes = _stacked(table, dict(zip(parts, (GOOD, LATER, BAD), strict=True)), ax)
    axes.set(title="Card codes by domain")
    return axes


def _axes(ax: "Axes | None", rows: int) -> "Axes":
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    _, made = plt.subplots(figsize=(7, 1.2 + ROW * max(2, rows)), layout="constrained")
    made.spines[["top", "right"]].set_visible(False)
    return made


def _stacked(table: pd.DataFrame, colours: Mapping[str, str], ax: "Axes | None") -> "Axes":
    """A bar for each row, a piece for each column that is not empty everywhere."""
    axes, left = _axes(ax, len(table)), pd.Series(0, index=table.index)
    for name, colour in colours.items():
        if table[name].any():
            bars = axes.barh(range(len(table)), table[name].to_numpy(), left=left.to_numpy(), color=colour, label=name)
            ink = "k" if colour in (LATER, DOUBT) else "w"
            axes.bar_label(bars, [f"{n:,}" if n else "" for n in table[name]], label_type="center", color=ink)
            left = left + table[name]
    _rows(axes, table.index)
    _whole_numbers(axes.xaxis)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return axes


def _rows(axes: "Axes", names: "Sequence[object] | pd.Index[str]") -> None:
    """The names of the bars, the first one at the top; a name is no formula, whatever it holds."""
    axes.set_yticks(range(len(names)), [str(name) for name in names], parse_math=False)
    axes.invert_yaxis()


def _whole_numbers(axis: object) -> None:
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(integer=True))  # type: ignore[attr-defined]


def _signatures(status: pd.DataFrame) -> pd.DataFrame:
    """The rows that are signatures, given or awaited."""
    _has(status, "id_firmante", "firmante", "email", "firmada", "en_turno", "fecha_firma")
    return status.dropna(subset=["id_firmante"])


def _has(frame: pd.DataFrame, *columns: str) -> None:
    if missing := [name for name in columns if name not in frame]:
        raise InputError(f"this frame has no column {', '.join(map(repr, missing))}: is it the one that is meant?")

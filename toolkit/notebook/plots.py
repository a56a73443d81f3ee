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
MOST_ROWS, MOST_COLUMNS = 25, 14  # that a picture can show; what is beyond them is one row, one column
LONGEST = 28  # characters of a name; the rest of it is "…"
OTHER = "\u00a0other "  # in the name of the row that stands for those beyond
STOPPED = (4, 6, 8)  # states of an envelope, rejected, suspended, returned, in which nobody signs any more


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
    axes.set(title=_counted(int(summary.sum()), "row"), xlabel="rows")
    axes.margins(x=0.12)
    _counts(axes, counts.empty, "no rows")
    return axes


def signatures_over_time(status: pd.DataFrame, *, ax: "Axes | None" = None) -> "Axes":
    """How many signatures had been given at each moment, and how many there can be.

    The dashed line is what can still be reached: signatures of envelopes that were rejected, suspended or returned
    before they were given do not count for it.

    Args:
        status: from `signio.signature_status`.
        ax: where to draw; a new figure where it is None.
    """
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    awaited = _signatures(status)
    given = awaited["fecha_firma"].dropna().sort_values()
    possible = int((_signed(awaited) | ~_stopped(awaited)).sum())
    axes = _axes(ax, 8)
    if len(given):
        start = pd.Series([given.iloc[0]])
        moments = pd.concat([start, given]).dt.tz_convert("UTC").dt.tz_localize(None)
        axes.step(moments.to_numpy(), range(len(moments)), where="post", color=GOOD, linewidth=2)
        axes.fill_between(moments.to_numpy(), range(len(moments)), step="post", color=GOOD, alpha=0.15)
        if given.iloc[0] == given.iloc[-1]:
            around = pd.Timedelta(hours=12)
            axes.set_xlim(moments.iloc[0] - around, moments.iloc[0] + around)
        days = AutoDateLocator()
        axes.xaxis.set_major_locator(days)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(days))
    else:
        axes.set_xticks([])
        axes.text(0.5, 0.5, "no signatures yet", ha="center", va="center", transform=axes.transAxes)
    axes.axhline(possible, color=QUIET, linestyle="--", linewidth=1)
    lost = len(awaited) - possible
    never = f"; {lost:,} will not come" if lost else ""
    axes.set(title=f"{len(given):,} of {_counted(possible, 'signature')}{never}", ylabel="signatures", xlabel="UTC")
    axes.set_ylim(0, max(1, possible, len(given)) * 1.08)
    _whole_numbers(axes.yaxis)
    return axes


def signatures_by_signer(status: pd.DataFrame, *, ax: "Axes | None" = None) -> "Axes":
    """A bar for each signer: signatures given, those that can be given now, those that wait for others, and those that
    will not come, as their envelope was rejected, suspended or returned.

    Who has most left to sign stands at the top; of more than a picture can show, the rest is counted.

    Args:
        status: from `signio.signature_status`.
        ax: where to draw; a new figure where it is None.
    """
    awaited = _signatures(status)
    signer = awaited["firmante"].fillna(awaited["email"]).fillna(awaited["id_firmante"])
    signed, turn = _signed(awaited), awaited["en_turno"].fillna(False).astype(bool)
    left = ~signed & ~_stopped(awaited)
    parts = {"signed": signed, "can sign now": left & turn, "waits for others": left & ~turn}
    parts["will not come"] = ~signed & ~left
    table = pd.DataFrame(parts).groupby(signer.to_numpy(), sort=False).sum()
    left_to_sign = table["can sign now"] + table["waits for others"]
    table = table.loc[left_to_sign.sort_values(ascending=False, kind="stable").index]
    colours = dict(zip(parts, (GOOD, DOUBT, LATER, QUIET), strict=True))
    axes = _stacked(table, colours, ax, "signer")
    axes.set(title="Signatures by signer", xlabel="signatures")
    return axes


def answers(given: pd.DataFrame, *, ax: "Axes | None" = None) -> "Axes":
    """How many fields each peer answered in each category: a grid, darker where it is more.

    The peers that answered most have a column of their own; of more than a picture can show, the rest is one.

    Args:
        given: from `carmachain.answers` or `carmachain.collect`.
        ax: where to draw; a new figure where it is None.
    """
    _has(given, "groupData", "idPpeers", "fieldName")
    known = given.dropna(subset=["fieldName"])
    table = known.groupby(["groupData", "idPpeers"], sort=True).size().unstack(fill_value=0)
    table = _cut(_cut(table.T, MOST_COLUMNS, "peer").T, MOST_ROWS, "category")
    axes = _axes(ax, len(table) + 2)
    if table.empty:
        _counts(axes, True, "no answers yet")
    else:
        own = table.loc[~table.index.str.contains(OTHER), ~table.columns.str.contains(OTHER)]
        most = own.to_numpy().max()
        axes.imshow(table.to_numpy(), cmap="Blues", aspect="auto", vmin=0, vmax=most)
        dark = most / 2
        for row, counts in enumerate(table.to_numpy()):
            for column, count in enumerate(counts):
                axes.text(column, row, f"{count:,}", ha="center", va="center", color="w" if count > dark else "k")
    columns = [_short(name) for name in table.columns]
    axes.set_xticks(range(len(columns)), columns, rotation=40, ha="right", rotation_mode="anchor", parse_math=False)
    axes.set_yticks(range(len(table)), [_short(name) for name in table.index], parse_math=False)
    axes.set(title=f"{_counted(len(known), 'field')} answered, by category and peer")
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
    table = table.loc[table.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    axes = _stacked(table, dict(zip(parts, (GOOD, LATER, BAD), strict=True)), ax, "domain")
    axes.set(title="Card codes by domain", xlabel="users")
    return axes


def _axes(ax: "Axes | None", rows: int) -> "Axes":
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    _, made = plt.subplots(figsize=(7, 1.2 + ROW * max(2, rows)), layout="constrained")
    made.spines[["top", "right"]].set_visible(False)
    return made


def _stacked(table: pd.DataFrame, colours: Mapping[str, str], ax: "Axes | None", what: str) -> "Axes":
    """A bar for each row, a piece for each column that is not empty everywhere."""
    rest, table = table.iloc[MOST_ROWS:], table.head(MOST_ROWS)
    axes, left = _axes(ax, len(table)), pd.Series(0, index=table.index)
    for name, colour in colours.items():
        if table[name].any():
            bars = axes.barh(range(len(table)), table[name].to_numpy(), left=left.to_numpy(), color=colour, label=name)
            ink = "k" if colour in (LATER, DOUBT) else "w"
            axes.bar_label(bars, [f"{n:,}" if n else "" for n in table[name]], label_type="center", color=ink)
            left = left + table[name]
    _rows(axes, table.index)
    _counts(axes, table.empty, f"no {what}s")
    if len(rest):  # a bar of theirs would be the only one to be seen
        sums = ", ".join(f"{int(n):,} {name}" for name, n in rest.sum().items() if n)
        axes.annotate(f"and {_counted(len(rest), f'other {what}')}: {sums}", (0, 0), (0, -38),
                      xycoords="axes fraction", textcoords="offset points", fontsize="small")  # fmt: skip
    handles, labels = axes.get_legend_handles_labels()
    if labels and ax is None:
        axes.get_figure().legend(handles, labels, frameon=False, loc="outside lower center", ncols=2)  # type: ignore[union-attr]
    elif labels:
        axes.legend(frameon=False)
    return axes


def _cut(table: pd.DataFrame, most: int, what: str) -> pd.DataFrame:
    """The largest rows, in the order that they have, and the sum of the others."""
    if len(table) <= most:
        return table
    kept = table.sum(axis=1).nlargest(most - 1).index
    rest = table.drop(index=kept)
    others = rest.sum().to_frame(f"{len(rest):,}{OTHER}{_plural(what)}").T
    return pd.concat([table.loc[table.index.isin(kept)], others])


def _rows(axes: "Axes", names: "Sequence[object] | pd.Index[str]") -> None:
    """The names of the bars, the first one at the top; a name is no formula, whatever it holds."""
    axes.set_yticks(range(len(names)), [_short(name) for name in names], parse_math=False)
    axes.invert_yaxis()


def _counts(axes: "Axes", empty: bool, instead: str) -> None:
    """Whole numbers from zero on; words where there is nothing to draw."""
    if empty:
        axes.set_xticks([])
        axes.set_yticks([])
        axes.text(0.5, 0.5, instead, ha="center", va="center", transform=axes.transAxes)
        return
    axes.set_xlim(left=0)
    _whole_numbers(axes.xaxis)


def _short(name: object) -> str:
    text = " ".join(str(name).split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what if count == 1 else _plural(what)}"


def _plural(what: str) -> str:
    return f"{what.removesuffix('y')}ies" if what.endswith("y") else f"{what}s"


def _whole_numbers(axis: object) -> None:
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(integer=True))  # type: ignore[attr-defined]


def _signatures(status: pd.DataFrame) -> pd.DataFrame:
    """The rows that are signatures, given or awaited."""
    _has(status, "id_firmante", "estado", "firmante", "email", "firmada", "en_turno", "fecha_firma")
    return status.dropna(subset=["id_firmante"])


def _signed(signatures: pd.DataFrame) -> "pd.Series[bool]":
    return signatures["firmada"].fillna(False).astype(bool)


def _stopped(signatures: pd.DataFrame) -> "pd.Series[bool]":
    """Whether the envelope of each can be signed no more."""
    return pd.Series(signatures["estado"].astype("float").isin(STOPPED), index=signatures.index)


def _has(frame: pd.DataFrame, *columns: str) -> None:
    if missing := [name for name in columns if name not in frame]:
        raise InputError(f"this frame has no column {', '.join(map(repr, missing))}: is it the one that is meant?")

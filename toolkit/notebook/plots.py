"""Pictures of what the systems answer, where people would rather look than read. Needs the extra `plots`.

Each takes a DataFrame as a system gives it, and gives matplotlib's axes, as pandas does: `ax=` draws into some of your
own, and what the axes offer changes the picture.

from toolkit import plots
plots.signatures_over_time(api.signio.signature_status(ids))
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from toolkit.errors import InputError
from toolkit.plain import current_language, mark, message, number, plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

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
SIGNED, CAN_SIGN, WAITS = mark("signed"), mark("can sign now"), mark("waits for others")
NEVER = mark("will not come")
CODES, WITHOUT, NOT_READ = mark("card codes"), mark("users without a code"), mark("users not read")
ROW = 0.32  # inches that a bar needs
MOST_ROWS, MOST_COLUMNS = 25, 14  # that a picture can show; what is beyond them is one row, one column
LONGEST = 28  # characters of a name; what is left out of its middle is "…"
ENDING = 9  # of them, by which names that begin alike are told apart
OTHERS = "\u00a0"  # ends the name of the row that stands for those beyond
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
    axes.bar_label(bars, [number(count) for count in counts], padding=3)
    _rows(axes, [message(str(name)) for name in counts.index])
    axes.set(title=plural("{count} row", "{count} rows", count=int(summary.sum())), xlabel=message("rows"))
    axes.margins(x=0.12)
    _counts(axes, counts.empty, message("no rows"))
    return axes


def signatures_over_time(status: pd.DataFrame, *, ax: "Axes | None" = None) -> "Axes":
    """How many signatures had been given at each moment, and how many there can be.

    The dashed line is what can still be reached: signatures of envelopes that were rejected, suspended or returned
    before they were given do not count for it.

    Args:
        status: from `signio.signature_status`.
        ax: where to draw; a new figure where it is None.
    """
    from matplotlib.dates import AutoDateLocator

    awaited = _signatures(status)
    signed = awaited["fecha_firma"].dropna().sort_values()
    possible = int((_signed(awaited) | ~_stopped(awaited)).sum())
    axes = _axes(ax, 8)
    if len(signed):
        start = pd.Series([signed.iloc[0]])
        moments = pd.concat([start, signed]).dt.tz_convert("UTC").dt.tz_localize(None)
        counts = [*range(len(moments))]
        if signed.iloc[0] == signed.iloc[-1]:  # a step, not a needle
            around = pd.Timedelta(hours=12)
            axes.set_xlim(moments.iloc[0] - around, moments.iloc[0] + around)
            moments, counts = pd.concat([moments, moments.iloc[:1] + around]), [*counts, counts[-1]]
        axes.step(moments.to_numpy(), counts, where="post", color=GOOD, linewidth=2)
        axes.fill_between(moments.to_numpy(), counts, step="post", color=GOOD, alpha=0.15)
        days = AutoDateLocator()
        axes.xaxis.set_major_locator(days)
        axes.xaxis.set_major_formatter(_dates(days))
    else:
        axes.set_xticks([])
        axes.text(0.5, 0.5, message("no signatures yet"), ha="center", va="center", transform=axes.transAxes)
    axes.axhline(possible, color=QUIET, linestyle="--", linewidth=1)
    lost = len(awaited) - possible
    title = plural("{done:,} of {count} signature", "{done:,} of {count} signatures", done=len(signed), count=possible)
    if lost:
        title = message("{signatures}; {lost:,} will not come", signatures=title, lost=lost)
    axes.set(title=title, ylabel=message("signatures"), xlabel="UTC")
    axes.set_ylim(0, max(1, possible, len(signed)) * 1.08)
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
    parts = {SIGNED: signed, CAN_SIGN: left & turn, WAITS: left & ~turn, NEVER: ~signed & ~left}
    table = pd.DataFrame(parts).groupby(signer.to_numpy(), sort=False).sum()
    left_to_sign = table[CAN_SIGN] + table[WAITS]
    table = table.loc[left_to_sign.sort_values(ascending=False, kind="stable").index]
    colours = dict(zip(parts, (GOOD, DOUBT, LATER, QUIET), strict=True))
    axes = _stacked(table, colours, ax, empty=message("no signers"))
    axes.set(title=message("Signatures by signer"), xlabel=message("signatures"))
    return axes


def answers(answered: pd.DataFrame, *, ax: "Axes | None" = None) -> "Axes":
    """How many fields each peer answered in each category: a grid, darker where it is more.

    The peers that answered most have a column of their own; of more than a picture can show, the rest is one.

    Args:
        answered: from `carmachain.answers` or `carmachain.collect`.
        ax: where to draw; a new figure where it is None.
    """
    _has(answered, "groupData", "idPpeers", "fieldName")
    known = answered.dropna(subset=["fieldName"])
    table = known.groupby(["groupData", "idPpeers"], sort=True).size().unstack(fill_value=0)
    table = _cut(_cut(table.T, MOST_COLUMNS, _other_peers).T, MOST_ROWS, _other_categories)
    axes = _axes(ax, len(table) + 2)
    if table.empty:
        _counts(axes, True, message("no answers yet"))
    else:
        own = table.loc[~table.index.str.endswith(OTHERS), ~table.columns.str.endswith(OTHERS)]
        most = own.to_numpy().max()
        axes.imshow(table.to_numpy(), cmap="Blues", aspect="auto", vmin=0, vmax=most)
        dark = most / 2
        for row, counts in enumerate(table.to_numpy()):
            for column, count in enumerate(counts):
                axes.text(column, row, number(count), ha="center", va="center", color="w" if count > dark else "k")
    columns = [_short(name) for name in table.columns]
    axes.set_xticks(range(len(columns)), columns, rotation=40, ha="right", rotation_mode="anchor", parse_math=False)
    axes.set_yticks(range(len(table)), [_short(name) for name in table.index], parse_math=False)
    one = "{count} field answered, by category and peer"
    many = "{count} fields answered, by category and peer"
    axes.set(title=plural(one, many, count=len(known)))
    return axes


def card_codes_per_domain(codes: pd.DataFrame, *, ax: "Axes | None" = None) -> "Axes":
    """A bar for each domain: its card codes, its users without one, and its users who could not be read.

    Args:
        codes: from `nddprint.card_codes_of`.
        ax: where to draw; a new figure where it is None.
    """
    _has(codes, "DomainName", "CardCode", "error")
    has, failed = codes["CardCode"].notna(), codes["error"].notna()
    parts = {CODES: has, WITHOUT: ~has & ~failed, NOT_READ: failed}
    table = pd.DataFrame(parts).groupby(codes["DomainName"].to_numpy(), sort=True).sum()
    table = table.loc[table.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    colours = dict(zip(parts, (GOOD, LATER, BAD), strict=True))
    axes = _stacked(table, colours, ax, empty=message("no domains"))
    axes.set(title=message("Card codes by domain"), xlabel=message("users"))
    return axes


def _axes(ax: "Axes | None", rows: int) -> "Axes":
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    _, axes = plt.subplots(figsize=(7, 1.2 + ROW * max(2, rows)), layout="constrained")
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def _stacked(table: pd.DataFrame, colours: Mapping[str, str], ax: "Axes | None", *, empty: str) -> "Axes":
    """A bar for each row, a piece for each column that is not empty everywhere."""
    rest, table = table.iloc[MOST_ROWS:], table.head(MOST_ROWS)
    axes, left = _axes(ax, len(table)), pd.Series(0, index=table.index)
    for name, colour in colours.items():
        if table[name].any():
            bars = axes.barh(
                range(len(table)), table[name].to_numpy(), left=left.to_numpy(), color=colour, label=message(name)
            )
            ink = "k" if colour in (LATER, DOUBT) else "w"
            axes.bar_label(bars, [number(n) if n else "" for n in table[name]], label_type="center", color=ink)
            left = left + table[name]
    _rows(axes, table.index)
    _counts(axes, table.empty, empty)
    if len(rest):  # a bar of theirs would be the only one to be seen
        sums = ", ".join(f"{number(int(n))} {message(str(name))}" for name, n in rest.sum().items() if n)
        axes.annotate(message("and {count:,} more: {sums}", count=len(rest), sums=sums), (0, 0), (0, -38),
                      xycoords="axes fraction", textcoords="offset points", fontsize="small")  # fmt: skip
    handles, labels = axes.get_legend_handles_labels()
    if labels and ax is None:
        axes.get_figure().legend(handles, labels, frameon=False, loc="outside lower center", ncols=2)  # type: ignore[union-attr]
    elif labels:
        axes.legend(frameon=False)
    return axes


def _cut(table: pd.DataFrame, most: int, others_label: Callable[[int], str]) -> pd.DataFrame:
    """The largest rows, in the order that they have, and the sum of the others."""
    if len(table) <= most:
        return table
    kept = table.sum(axis=1).nlargest(most - 1).index
    rest = table.drop(index=kept)
    others = rest.sum().to_frame(others_label(len(rest)) + OTHERS).T
    return pd.concat([table.loc[table.index.isin(kept)], others])


def _other_peers(count: int) -> str:
    return plural("{count} other peer", "{count} other peers", count=count)


def _other_categories(count: int) -> str:
    return plural("{count} other category", "{count} other categories", count=count)


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
    return text if len(text) <= LONGEST else f"{text[: LONGEST - ENDING - 1].rstrip()}…{text[-ENDING:].lstrip()}"


def _dates(days: "AutoDateLocator") -> "ConciseDateFormatter":
    """Short dates; in figures where matplotlib does not know the names of the months."""
    from matplotlib.dates import ConciseDateFormatter

    if current_language() == "en":
        return ConciseDateFormatter(days)
    whole, day = "%d/%m/%Y", "%d/%m"
    return ConciseDateFormatter(
        days,
        formats=["%Y", "%m/%Y", day, "%H:%M", "%H:%M", "%S.%f"],
        zero_formats=["", "%Y", "%m/%Y", day, "%H:%M", "%H:%M"],
        offset_formats=["", "%Y", "%m/%Y", whole, whole, f"{whole} %H:%M"],
    )


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
        names = ", ".join(map(repr, missing))
        raise InputError(message("this frame has no column {names}: is it the one that is meant?", names=names))

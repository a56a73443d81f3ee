"""Names that are spelt nearly alike: found by the pairs of letters that they share."""

from collections import Counter
from collections.abc import Iterable

LEAST, MARGIN = 0.6, 0.03  # how much two names share, of 1; and how much more than any other


class Alike:
    """Some names, among which the one most like another is looked for."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = [*dict.fromkeys(names)]
        self._sizes: list[int] = []
        self._having: dict[str, list[int]] = {}  # by pair of letters
        for n, name in enumerate(self._names):
            pairs = _pairs(name)
            self._sizes.append(len(pairs))
            for pair in pairs:
                self._having.setdefault(pair, []).append(n)

    def nearest(self, name: str) -> str | None:
        """The name most like this one; None where none is, or two are alike near."""
        pairs = _pairs(name[:100])
        shared = Counter(n for pair in pairs for n in self._having.get(pair, ()))
        ranked = sorted(((2 * count / (len(pairs) + self._sizes[n]), n) for n, count in shared.items()), reverse=True)[
            :2
        ]
        if not ranked or ranked[0][0] < LEAST or (len(ranked) > 1 and ranked[0][0] - ranked[1][0] < MARGIN):
            return None
        return self._names[ranked[0][1]]


def _pairs(name: str) -> set[str]:
    whole = f" {name} "
    return {whole[n : n + 2] for n in range(len(whole) - 1)}

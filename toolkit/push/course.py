"""What one call pushes: a frame, or several that follow each other."""

import numpy as np

from toolkit.push.report import Report

NO_PRINTS = np.empty((0, 2), dtype=np.uint64)


class Course:
    """What one call has pushed so far: an iterator's earlier frames, so that twins in two of them stay twins."""

    def __init__(self, frames: int = 0) -> None:
        self.frames = frames
        self.left_out = NO_PRINTS  # rows that stand for those of other pushes, twin for twin
        self.ids: set[str] = set()

    def add(self, left_out: np.ndarray, report: Report) -> None:
        self.frames += 1
        self.left_out = np.concatenate([self.left_out, left_out])
        self.ids |= {report.facts.get("id", "")}

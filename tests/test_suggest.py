"""Did you mean: one home, for whatever is misspelt."""

import ast
import copy
import pickle
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import toolkit
from toolkit.spec.suggest import Suggesting, did_you_mean, nearest, suggests_arguments

ROOT = Path(toolkit.__file__).parent


class Thing(Suggesting):
    value = 1

    @property
    def broken(self) -> int:
        raise AttributeError("its own problem")

    def join(self, one: int, *, other: int = 2) -> int:
        return one + other

    def fails(self) -> Any:
        return len(3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [("colour", ["color", "width"], "color"), ("COLOR", ["color"], "color"), ("xyz", ["color"], None), ("x", [], None)],
)
def test_the_nearest_is_proposed_or_none(name: str, known: list[str], found: str | None) -> None:
    assert nearest(name, known) == found
    assert did_you_mean(name, known) == (f"; did you mean {found!r}?" if found else "")


def test_names_are_compared_as_the_caller_writes_them() -> None:
    assert nearest("E-Mail", ["email", "phone"], key=lambda n: n.casefold().replace("-", "")) == "email"


def test_an_attribute_that_is_not_there_is_an_attribute_error_and_no_object() -> None:
    thing = Thing()
    with pytest.raises(AttributeError, match="Thing has no 'valeu'; did you mean 'value'"):
        thing.valeu  # type: ignore[attr-defined]  # noqa: B018
    assert not hasattr(thing, "_private")
    assert getattr(thing, "other", 7) == 7
    assert isinstance(copy.deepcopy(thing), Thing)
    assert isinstance(pickle.loads(pickle.dumps(thing)), Thing)


def test_a_problem_inside_a_property_is_not_taken_for_a_misspelling() -> None:
    with pytest.raises(AttributeError, match="its own problem"):
        Thing().broken  # noqa: B018


def test_a_wrong_argument_is_named_and_a_problem_inside_is_left_alone() -> None:
    join, fails = suggests_arguments(Thing.join, "thing.join"), suggests_arguments(Thing.fails, "thing.fails")
    assert join(Thing(), 1, other=1) == 2
    with pytest.raises(toolkit.ArgumentError, match=r"thing.join\(\) has no argument 'othr'; did you mean 'other'\?"):
        join(Thing(), 1, othr=1)  # type: ignore[call-arg]
    with pytest.raises(toolkit.ArgumentError, match=r"thing.join\(\): missing a required argument: 'one'"):
        join(Thing())  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="has no len") as caught:
        fails(Thing())
    assert not isinstance(caught.value, toolkit.ToolkitError)


def test_a_misspelt_name_of_what_people_hold_proposes_the_nearest(api: toolkit.Api) -> None:
    frame = pd.DataFrame({"EMAIL": ["ana@example.cl"]})
    check = toolkit.check(frame, api.ida.fields(11111))
    report = api.ida.insert_records(11111, frame)
    for thing, wrong, right in (
        (toolkit, "conect", "connect"),
        (api, "idaa", "ida"),
        (api, "carmachian", "carmachain"),
        (api.ida, "record_s", "records"),
        (api.ida.raw, "get_databases", "databases"),
        (check, "sumary", "summary"),
        (report, "sumary", "summary"),
        (report, "to_exel", "to_excel"),
    ):
        with pytest.raises(AttributeError, match=f"did you mean '{right}'"):
            getattr(thing, wrong)


def test_workflows_name_themselves_too(api: toolkit.Api) -> None:
    with pytest.raises(toolkit.ArgumentError, match=r"ida.insert_records\(\) has .* 'row'; did you mean 'rows'"):
        api.ida.insert_records(11111, row=[])  # type: ignore[call-arg]
    with pytest.raises(toolkit.ArgumentError, match=r"nddprint.card_codes\(\): missing .* 'domain_name'"):
        api.nddprint.card_codes("ana")  # type: ignore[call-arg]


def test_the_front_door_names_itself_too(tmp_path: Path) -> None:
    for call, message in (
        (lambda: toolkit.read_sheet(tmp_path / "x.xlsx", shet=1), r"toolkit.read_sheet\(\) has no argument 'shet'"),
        (lambda: toolkit.check(pd.DataFrame(), field=[]), r"toolkit.check\(\) has no argument 'field'; it takes rows"),
        (lambda: toolkit.match_columns(), r"toolkit.match_columns\(\): missing a required argument"),
        (lambda: toolkit.start_sandbox(prt=0), r"toolkit.start_sandbox\(\) has no argument 'prt'; did you mean 'port'"),
    ):
        with pytest.raises(toolkit.ArgumentError, match=message):
            call()  # type: ignore[no-untyped-call]
    with pytest.raises(toolkit.SettingsError, match="'progres'; did you mean 'progress'"):
        toolkit.connect(progres=False)


def test_there_is_one_home_for_it() -> None:
    others = {"suggest.py", "match.py"}  # a match weighs how alike two headings are
    importing = {
        path.name
        for path in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Import) and "difflib" in {a.name for a in node.names})
        or (isinstance(node, ast.ImportFrom) and node.module == "difflib")
    }
    assert importing - others == set()

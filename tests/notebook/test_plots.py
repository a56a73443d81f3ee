"""Pictures: what is drawn is what the frames say; names are names, whatever they hold."""

from collections.abc import Iterator

import pandas as pd
import pytest
from matplotlib import dates
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

import toolkit
from toolkit import plots
from toolkit.sandbox import Sandbox
from toolkit.sandbox.demo.hand import SIGNERS


@pytest.fixture(autouse=True)
def _figures() -> Iterator[None]:
    """No window, and nothing left open."""
    plt.switch_backend("Agg")
    yield
    plt.close("all")


def drawn(axes: Axes) -> None:
    """Everything is laid out, as when it is shown."""
    axes.figure.canvas.draw()


def lengths(axes: Axes) -> dict[str, list[int]]:
    """The bars' lengths by the name of their colour."""
    return {c.get_label(): [int(bar.get_width()) for bar in c] for c in axes.containers}


def names(axes: Axes) -> list[str]:
    return [label.get_text() for label in axes.get_yticklabels()]


@pytest.fixture
def status(api: toolkit.Api, box: Sandbox) -> pd.DataFrame:
    """An envelope of two signers in turn, of whom the first has signed."""
    envelope = api.signio.create_envelope("Contrato")
    for name in ("Ana Peña", "Lucía Cárdenas"):
        api.signio.add_signer(envelope, nombre=name, tipo_identificacion="CC", **SIGNERS[name])
    document = api.signio.use_template(envelope, 12, fields={"name": "Ana", "identification": "1"})
    for signer in api.signio.signers(envelope)["id_contacto"]:
        api.signio.link(envelope, signer, document, attachment=False)
    api.signio.distribute(envelope)
    box.control.clock(advance=3600)
    box.control.sign(envelope)
    return api.signio.signature_status([envelope])


def test_a_report_draws_a_bar_for_each_outcome_that_occurred(api: toolkit.Api) -> None:
    people = pd.DataFrame({"EMAIL": ["ana@example.cl", "luis@example.cl", "nobody"]})
    axes = api.ida.insert_records(11111, people).plot()
    drawn(axes)
    assert dict(zip(names(axes), *lengths(axes).values(), strict=True)) == {"verified": 2, "not sent": 1}
    assert axes.get_title() == "3 rows"


def test_signatures_by_signer_say_who_can_sign_now(status: pd.DataFrame) -> None:
    axes = plots.signatures_by_signer(status)
    drawn(axes)
    assert names(axes) == ["Lucía Cárdenas", "Ana Peña"]
    assert lengths(axes) == {"signed": [0, 1], "can sign now": [1, 0]}


def test_signatures_over_time_rise_to_those_given(status: pd.DataFrame) -> None:
    axes = plots.signatures_over_time(status)
    drawn(axes)
    assert axes.get_title() == "1 of 2 signatures"
    steps, goal = axes.get_lines()
    assert [int(n) for n in steps.get_ydata()] == [0, 1]
    assert dates.num2date(steps.get_xdata(orig=False)[-1]) == status["fecha_firma"].iloc[0]
    assert set(goal.get_ydata()) == {2}


def test_nobody_has_signed_yet(status: pd.DataFrame) -> None:
    nobody = status.assign(firmada=pd.array([False, False], "boolean"), fecha_firma=pd.NaT)
    axes = plots.signatures_over_time(nobody)
    drawn(axes)
    assert axes.get_title() == "0 of 2 signatures"


def test_answers_are_counted_by_category_and_peer(api: toolkit.Api, box: Sandbox) -> None:
    tickets = api.carmachain.request(pd.DataFrame({"IdDocument": ["0001", "0002", "0003"]}))
    box.control.clock(advance=3600)
    answers = api.carmachain.answers(tickets)
    axes = plots.answers(answers)
    drawn(axes)
    grid = axes.get_images()[0].get_array()
    assert int(grid.sum()) == answers["fieldName"].notna().sum() > 0
    row, column = names(axes).index("Name"), [t.get_text() for t in axes.get_xticklabels()].index("peer-1")
    both = answers["groupData"].eq("Name") & answers["idPpeers"].eq("peer-1")
    assert grid[row, column] == both.sum()


def test_no_answers_yet_is_said(api: toolkit.Api) -> None:
    tickets = api.carmachain.request(pd.DataFrame({"IdDocument": ["0001"]}))
    axes = plots.answers(api.carmachain.answers(tickets))
    drawn(axes)
    assert [text.get_text() for text in axes.texts] == ["no answers yet"]


def test_card_codes_per_domain(api: toolkit.Api) -> None:
    users = pd.DataFrame({"LogonName": ["ana", "maria", "nobody"], "DomainName": "dominio123"})
    axes = plots.card_codes_per_domain(api.nddprint.card_codes_of(users))
    drawn(axes)
    assert names(axes) == ["dominio123"]
    assert lengths(axes) == {"card codes": [1], "users without a code": [1], "users not read": [1]}


def test_a_name_is_no_formula(status: pd.DataFrame) -> None:
    hostile = r"$\frac{1}{$ <b>"
    axes = plots.signatures_by_signer(status.assign(firmante=hostile))
    drawn(axes)
    assert names(axes) == [hostile]


def test_it_draws_into_axes_that_are_given(status: pd.DataFrame) -> None:
    _, (left, right) = plt.subplots(ncols=2)
    assert plots.signatures_by_signer(status, ax=left) is left
    assert plots.signatures_over_time(status, ax=right) is right


def test_another_frame_is_refused_in_words(api: toolkit.Api) -> None:
    for plot in (plots.signatures_over_time, plots.signatures_by_signer, plots.answers, plots.card_codes_per_domain):
        with pytest.raises(toolkit.InputError, match="has no column"):
            plot(api.ida.databases())

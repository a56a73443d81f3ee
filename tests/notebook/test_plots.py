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
from toolkit.sandbox.demo.scenes import SIGNERS


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
    assert [int(n) for n in steps.get_ydata()] == [0, 1, 1]  # to the right edge: one signature is no needle
    assert dates.num2date(steps.get_xdata(orig=False)[1]) == status["fecha_firma"].iloc[0]
    assert set(goal.get_ydata()) == {2}


def test_nobody_has_signed_yet(status: pd.DataFrame) -> None:
    nobody = status.assign(firmada=pd.array([False, False], "boolean"), fecha_firma=pd.NaT)
    axes = plots.signatures_over_time(nobody)
    drawn(axes)
    assert axes.get_title() == "0 of 2 signatures"


def test_signatures_of_envelopes_that_were_rejected_will_not_come(status: pd.DataFrame) -> None:
    """They wait for nobody, and are not aimed at."""
    other = status.assign(id_transaccion="other", estado=4, en_turno=False)
    both = pd.concat([status.astype({"estado": "object"}), other.astype({"estado": "object"})], ignore_index=True)
    axes = plots.signatures_by_signer(both)
    drawn(axes)
    assert lengths(axes) == {"signed": [0, 2], "can sign now": [1, 0], "will not come": [1, 0]}
    over_time = plots.signatures_over_time(both)
    assert over_time.get_title() == "2 of 3 signatures; 1 will not come"
    assert set(over_time.get_lines()[-1].get_ydata()) == {3}


def signatures(signers: int, signed: int) -> pd.DataFrame:
    names = [f"Persona {n}" for n in range(signers)]
    done = pd.array([n < signed for n in range(signers)], "boolean")
    when = [pd.Timestamp("2026-11-03 10:00", tz="UTC") if n < signed else pd.NaT for n in range(signers)]
    facts = {"id_firmante": names, "firmante": names, "email": names, "estado": 2, "firmada": done}
    frame = pd.DataFrame(facts).assign(
        en_turno=~done, fecha_firma=pd.to_datetime(pd.Series(when, dtype="object"), utc=True)
    )
    return frame.astype({"en_turno": "boolean"})


def test_three_hundred_signers_fit_on_a_page() -> None:
    axes = plots.signatures_by_signer(signatures(300, 250))
    drawn(axes)
    assert axes.figure.get_size_inches()[1] < 11  # type: ignore[union-attr]
    assert names(axes)[0] == "Persona 250", "who has most left to sign comes first"
    (rest,) = [text.get_text() for text in axes.texts if "more" in text.get_text()]
    assert rest == "and 275 more: 250 signed, 25 can sign now"


def test_sixty_peers_fit_side_by_side() -> None:
    lines = [(f"Category {c}", f"peer-{p}", "x") for p in range(60) for c in range(3) for _ in range(p + 1)]
    axes = plots.answers(pd.DataFrame(lines, columns=["groupData", "idPpeers", "fieldName"]))
    drawn(axes)
    shown = [label.get_text() for label in axes.get_xticklabels()]
    assert len(shown) == 14
    assert {"peer-59", "peer-47"} <= set(shown)
    assert shown[-1].replace("\u00a0", " ") == "47 other peers"
    assert int(axes.get_images()[0].get_array().sum()) == len(lines), "nobody's answers are lost"


def test_a_long_name_is_cut_and_not_the_picture() -> None:
    axes = plots.signatures_by_signer(signatures(1, 0).assign(firmante="María de los Ángeles " * 10))
    drawn(axes)
    assert names(axes) == ["María de los Ángel…s Ángeles"]


def test_nothing_is_said_in_words_and_not_by_an_axis_of_fractions() -> None:
    nothing = signatures(0, 0)
    empty = pd.DataFrame(columns=["DomainName", "CardCode", "error", "groupData", "idPpeers", "fieldName"])
    drawings = {
        "no signers": plots.signatures_by_signer(nothing),
        "no signatures yet": plots.signatures_over_time(nothing),
        "no domains": plots.card_codes_per_domain(empty),
        "no answers yet": plots.answers(empty),
        "no rows": plots.outcomes(pd.Series({"verified": 0})),
    }
    for words, axes in drawings.items():
        drawn(axes)
        assert [text.get_text() for text in axes.texts] == [words]
        assert axes.get_ylim()[0] >= 0 or not len(axes.get_yticks())


@pytest.mark.parametrize("count", [1, 2, 3])
def test_ticks_are_whole_rows(count: int) -> None:
    for axes in (plots.outcomes(pd.Series({"verified": count})), plots.signatures_by_signer(signatures(count, count))):
        drawn(axes)
        assert all(float(tick).is_integer() for tick in axes.get_xticks())
        assert axes.get_xlim()[0] == 0


def test_one_signature_stands_in_its_day_and_not_in_five_years() -> None:
    axes = plots.signatures_over_time(signatures(1, 1))
    drawn(axes)
    assert axes.get_xlim()[1] - axes.get_xlim()[0] == 1


def test_answers_are_counted_by_category_and_peer(api: toolkit.Api, box: Sandbox) -> None:
    people = [{"IdDocument": number} for number in ("0001", "0002", "0003")]
    tickets = api.carmachain.request(people, categories="All categories")
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
    tickets = api.carmachain.request([{"IdDocument": "0001"}], categories="All categories")
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

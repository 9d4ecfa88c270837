"""Over random histories and staffs, nobody who acted on a case ever reads or handles a complaint about it.

``INDEPENDENCE_RUNS=500`` makes the long run; as usual it is short.
"""

from __future__ import annotations

import os
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from portal.app import _litestar
from portal.cases.staff_forms import MOVES
from tests.cases.staffs import APPLICANT, PEOPLE, SECRETS, VERBS, Step, World, known_verbs
from tests.security.test_route_table import routes_of

RUNS = int(os.environ.get("INDEPENDENCE_RUNS", "12"))
AT_CASE = "/desk/cases/{code}"
FILLED = {"move_name": sorted(MOVES), "file_id": [str(uuid4())]}
"""What else than the code may stand in the address of a page about one case."""
LISTS = (
    "/en/desk?state=all",
    "/en/desk?state=all&kind=complaint",
    "/en/desk?state=all&q=گم",
    "/en/desk/figures",
)

people = st.sampled_from(sorted(PEOPLE))


def steps(on_complaint: bool) -> st.SearchStrategy[Step]:
    verbs = st.sampled_from([*VERBS, *APPLICANT, *(["decide", "appeal"] * 4 if on_complaint else [])])
    return st.builds(Step, st.just(on_complaint), verbs, people, people)


APPEALED = [
    Step(True, "take", "inspector", ""),
    Step(True, "decide", "second", ""),
    Step(True, "appeal", "", ""),
    Step(True, "note", "inspector", ""),
    Step(False, "take", "clerk", ""),
    Step(True, "decide", "second", ""),
    Step(True, "name_person", "judge", "manager"),
    Step(True, "decide", "judge", ""),
]
"""A whole way to the second decision, with people in between who may not."""


@pytest.fixture(scope="module")
def world(application):
    made = World(application)
    yield made
    made.close()


@pytest.fixture(scope="module")
def addresses(settings) -> list[tuple[str, str]]:
    """Method and path of every page of the desk about one case."""
    at_case = [
        (method, path)
        for method, path, _name in routes_of(_litestar(settings))
        if path.startswith(AT_CASE) and method in ("GET", "POST")
    ]
    return [(method, filled) for method, path in at_case for filled in each_way(path)]


def each_way(path: str) -> list[str]:
    """The path with everything filled in but the code; one with a part that nobody thought of here fails."""
    for part, values in FILLED.items():
        if f"{{{part}}}" in path:
            return [path.replace(f"{{{part}}}", value) for value in values]
    assert path.count("{") == 1, f"say in FILLED what stands in {path}"
    return [path]


def test_every_verb_of_the_desk_is_tried():
    assert {name for name in known_verbs() if not name.startswith("_")} == set(VERBS)


def test_nobody_who_acted_on_a_case_reads_or_handles_a_complaint_about_it(world, addresses):
    @limits(max_examples=RUNS, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(
        before=st.lists(steps(False), max_size=4),
        about_unit=st.sampled_from(["", "", "", "desk", "appeals"]),
        after=st.lists(st.one_of(steps(True), steps(True), steps(False)), max_size=10),
        turn=st.integers(0, 20),
    )
    @example(before=[Step(False, "assign", "clerk", "both")], about_unit="", after=APPEALED, turn=0)
    def live(before: list[Step], about_unit: str, after: list[Step], turn: int) -> None:
        world.begin()
        world.do(whole_history(world, before, about_unit, after))
        world.do(looked_at_by_all(world, addresses, turn))

    live()


async def whole_history(world: World, before: list[Step], about_unit: str, after: list[Step]) -> None:
    for step in before:
        await world.make(step)
    await world.complain(about_unit)
    for step in after:
        await world.make(step)


async def looked_at_by_all(world: World, addresses: list[tuple[str, str]], turn: int) -> None:
    for name in sorted(PEOPLE):
        if name in world.barred:
            await sees_nothing(world, name, addresses, turn)
        elif name == "auditor":
            page = await world.get(name, f"/en/desk/cases/{await world.code(world.complaint)}")
            assert SECRETS[0] in page.text, "who is not barred reads it"


async def sees_nothing(world: World, name: str, addresses: list[tuple[str, str]], turn: int) -> None:
    """Every GET of every page about the complaint is refused, and of the forms a few by turns; lists leave it out."""
    code, version = await world.code(world.complaint), await world.version(world.complaint)
    forms = [path for method, path in addresses if method == "POST"]
    pages = [path for method, path in addresses if method == "GET" and "{move_name}" not in path]
    for path in pages:
        answer = await world.get(name, "/en" + path.replace("{code}", code))
        assert answer.status_code in (403, 303), (name, path, answer.status_code)
        assert answer.status_code != 303 or path.split("/")[-1] in MOVES, (
            "only the way back from a form leads on"
        )
        assert not [secret for secret in SECRETS if secret in answer.text], (name, path)
    for path in forms[turn % len(forms) :: 7]:
        answer = await world.post(name, "/en" + path.replace("{code}", code))
        assert answer.status_code == 403, (name, path, answer.status_code)
        assert not [secret for secret in SECRETS if secret in answer.text], (name, path)
    for path in (*LISTS, f"/en/desk/cases/{await world.code(world.case)}"):
        answer = await world.get(name, path)
        assert code not in answer.text, (name, path)
        assert not [secret for secret in (SECRETS[0], *SECRETS[2:]) if secret in answer.text], (name, path)
    assert await world.version(world.complaint) == version

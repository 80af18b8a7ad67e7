"""What the privacy tests share: a scratch instance behind its real server, and one without a server."""

from collections.abc import Callable, Iterator

import pytest

from bench.scratch import Instance, Server, new_instance
from coprod_survey.bootstrap.participant import wire_participant
from coprod_survey.domain.answers import parse_answers
from coprod_survey.domain.invitation import parse_code
from coprod_survey.ports import Received

Receive = Callable[..., Received]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """Return an instance with thirty invitations to one survey."""
    return new_instance(tmp_path_factory.mktemp("scratch") / "data", invitations=30)


@pytest.fixture(scope="module")
def server(scratch: Instance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve the instance with two processes; the server's home and temporary folder is a fresh one."""
    with Server(scratch.data, home=tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def receive() -> Receive:
    """Return a function that takes an answer as the participant face does, without the web around it."""

    def take(instance: Instance, code: str, *, please_read: bool = False, **answers: str) -> Received:
        services, typed = wire_participant(instance.data), parse_code(code)
        assert typed is not None
        survey = services.surveys.get(instance.slug)
        parsed, faults = parse_answers(survey.instrument, {name: [value] for name, value in answers.items()})
        assert not faults
        return services.participate.receive(survey, typed, parsed, language="en", asked_to_be_read=please_read)

    return take

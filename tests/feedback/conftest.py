"""As for cases: nothing remembered of guesses in the test before."""

from tests.cases.conftest import no_guesses_yet

__all__ = ["no_guesses_yet"]

"""How long a service usually takes, as its pages say it beside the promise. Counted in ``portal.promises``."""

from __future__ import annotations

import msgspec

from portal.marks import Target


class Usual(msgspec.Struct, frozen=True):
    """Half of the requests of the last 90 days took up to ``low``, nine of ten up to ``high``: whole working days or
    hours, rounded up, without the time in which the applicant had to act.
    """

    key: str
    low: int
    high: int
    unit: str

    def beside(self, targets: tuple[Target, ...]) -> Target | None:
        """The promise it stands beside; None where none is made, or one in another unit."""
        return next((t for t in targets if t.key == self.key and t.unit == self.unit), None)

"""A supervised stub that is asked to stop at the worst moment: while it asks the system about a child.

After SIGUSR1 it sends SIGTERM to itself just as ``Popen.poll`` has taken its lock.
"""

from __future__ import annotations

import os
import signal
import sys

from portal import serve, settings


def stop_inside_poll(frame, event, function):
    if event == "c_return" and frame.f_code.co_name == "_internal_poll" and function.__name__ == "acquire":
        sys.setprofile(None)
        os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, lambda *_: sys.setprofile(stop_inside_poll))
    serve.run(settings.load(), app="tests.faults.stub:create_app", worker="tests.faults.stub:work")

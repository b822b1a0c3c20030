"""What the Python checks share: one line per check, and the words of a failure."""

import json
import os
import sys
import traceback

ROTTERDAM, LYON, GLOBAL, UNKNOWN = "6000110", "6000120", "6000100", "6999999"
NAMES = {ROTTERDAM: "Brackenfold Digital, Rotterdam", LYON: "Brackenfold Digital, Lyon"}
NOT_LINKED = "This user or service principal is not linked with a Partner ID"
INVALID = "The Partner ID is not valid"
LINKED = "This user or service principal is already linked with a Partner ID"


class Checks:
    """The checks of one client. `last` says what was asked and answered last."""

    def __init__(self, client):
        self.client = client
        self.last = lambda: "nothing was asked"

    def ok(self, what):
        print(f"   {self.client}: {what}", flush=True)

    def same(self, what, found, expected):
        if found != expected:
            self.fail(what, f"expected {expected!r}, found {found!r}")

    def run(self, main):
        """Runs the checks; what they do not expect is told like what fails."""
        try:
            main()
        except Exception as error:
            line = traceback.extract_tb(error.__traceback__)
            here = [frame.lineno for frame in line if frame.filename == main.__code__.co_filename]
            self.fail(f"line {here[-1]}", f"{type(error).__name__}: {error}")

    def fail(self, what, why):
        print(f"\n{self.client}: {what}: {why}\n{self.last()}", file=sys.stderr, flush=True)
        sys.exit(1)


def lost(agent, methods):
    """What the lossy proxy saw of one client: per method, the ids and the statuses."""
    with open(os.environ["LOSSY_LOG"]) as log:
        lines = [json.loads(line) for line in log]
    own = [line for line in lines if agent in (line["agent"] or "")]
    found = {}
    for method in methods:
        sent = [line for line in own if line["method"] == method]
        found[method] = ([line["id"] for line in sent], [line["status"] for line in sent])
    return found


def kept_its_id(checks, agent, methods):
    """Every write was sent twice with one id, and both were answered 200."""
    for method, (ids, statuses) in lost(agent, methods).items():
        what = f"{method} whose answer got lost"
        checks.same(what, statuses, [200, 200])
        if not ids[0] or len(set(ids)) != 1:
            checks.fail(what, f"x-ms-client-request-id was not kept: {ids}")

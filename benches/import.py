#!/usr/bin/env python3
"""Holds the reading of audit records against DuckDB, on the same files and with equal answers.

    cargo build --release -p pal -p pal-import --bin pal --example outside_speed
    python3 -m venv /tmp/duck && /tmp/duck/bin/pip install duckdb
    /tmp/duck/bin/python benches/import.py target/release [MEGABYTES] [FOLDER]

Makes audit records as JSON lines, as one list and as the portal's CSV, with the record as JSON in a cell (500 MB each,
in a folder of its own below FOLDER, which should be in memory or in the page cache). In turn, five times: ours reads the
file and makes facts; DuckDB takes five members of every record, on two threads, told their names and types beforehand, and as somebody
would write it who does not tell them; `pal import` brings the file into a workspace. What all counted must be equal. Prints
the median of each, least and most, and how often ours fits into DuckDB's time, for either way of asking it.
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

ROUNDS = 5
MEMBERS = {"CreationTime": "VARCHAR", "UserId": "VARCHAR", "Operation": "VARCHAR", "RecordType": "BIGINT", "ObjectId": "VARCHAR"}
COUNTS = ", ".join(f"count({name})" for name in MEMBERS)
# The operations that ours makes facts of in these files.
FACTS = "count(*) filter (Operation in ('LaunchPowerApp', 'UpdatePowerApp', 'ViewReport'))"


def queries(path):
    """What DuckDB is asked: told the members beforehand, and not."""
    if path.suffix != ".csv":
        columns = ", ".join(f"{name}: '{kind}'" for name, kind in MEMBERS.items())
        form = "newline_delimited" if path.suffix == ".jsonl" else "array"
        told = f"read_json('{path}', format = '{form}', columns = {{{columns}}})"
        untold = f"read_json_auto('{path}')"
    else:
        taken = f"json_transform(AuditData, '{json.dumps(MEMBERS)}')"
        told = f"(select unnest({taken}) from read_csv('{path}', header = true))"
        members = ", ".join(f"AuditData ->> '$.{name}' as {name}" for name in MEMBERS)
        untold = f"(select {members} from read_csv('{path}'))"
    return [f"select count(*), {FACTS}, {COUNTS} from {source}" for source in (told, untold)]


def timed(work):
    begun = time.perf_counter()
    answer = work()
    return time.perf_counter() - begun, answer


def shown(seconds, size):
    middle = statistics.median(seconds)
    return f"{size / middle:5.0f} MB/s ({size / max(seconds):.0f} to {size / min(seconds):.0f})"


def measure(binaries, path, folder):
    size = path.stat().st_size / 1_000_000
    database = duckdb.connect()
    database.execute("set threads = 2")
    ours, others, whole = [], ([], []), []
    for number in range(ROUNDS):
        run = subprocess.run([binaries / "examples/outside_speed", "read", path], check=True, capture_output=True)
        read = json.loads(run.stdout)
        ours.append(read["micros"] / 1_000_000)
        for other, query in zip(others, queries(path)):
            seconds, rows = timed(lambda: database.execute(query).fetchall())
            other.append(seconds)
            if (read["read"], read["facts"]) != rows[0][:2]:
                sys.exit(f"{path.name}: ours says {read}, DuckDB {rows[0]}")
        data = folder / f"data-{number}"
        subprocess.run([binaries / "pal", "--data", data, "init"], check=True, capture_output=True)
        words = [binaries / "pal", "--data", data, "import", "auto", path, "-o", "json"]
        seconds, run = timed(lambda: subprocess.run(words, check=True, capture_output=True))
        whole.append(seconds)
        kept = json.loads(run.stdout)["files"][0]["kept"]
        if kept != read["facts"]:
            sys.exit(f"{path.name}: {kept} records are kept, and {read['facts']} became facts")
        shutil.rmtree(data)
    print(f"{path.suffix[1:]}, {size:.0f} MB, {read['read']} records, {read['facts']} of them facts")
    print(f"  ours, facts made of it  {shown(ours, size)}")
    for name, other in zip(["DuckDB, members told   ", "DuckDB, members untold "], others):
        ratio = statistics.median(other) / statistics.median(ours)
        print(f"  {name} {shown(other, size)}; ours to it {ratio:.2f}")
    print(f"  pal import, whole       {shown(whole, size)}")


def main(binaries, megabytes, above):
    print(f"DuckDB {duckdb.__version__}, medians of {ROUNDS} (least to most)")
    with tempfile.TemporaryDirectory(dir=above) as folder:
        for form in ["jsonl", "json", "csv"]:
            path = Path(folder) / f"audit.{form}"
            words = [binaries / "examples/outside_speed", "generate", form, megabytes, path]
            subprocess.run(words, check=True)
            measure(binaries, path, Path(folder))
            path.unlink()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), *(sys.argv[2:4] + ["500", "/dev/shm"][len(sys.argv[2:4]):]))

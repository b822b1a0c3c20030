#!/usr/bin/env python3
"""Meters the same files of activity with pal, DuckDB and Polars, in turn, and checks that the answers are equal.

    cargo build --release -p pal -p pal-metering --bin pal --examples
    target/release/pal bench generate /tmp/made-up --rows 10000000 --only-activity
    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install duckdb polars
    /tmp/venv/bin/python benches/metering/compare.py /tmp/made-up [--runs 5] [--threads 2] [--only pal,duckdb-count]

With `--layouts` it makes the files itself, one layout after another, and ends with a table of all of them:

    /tmp/venv/bin/python benches/metering/compare.py /tmp/layouts --layouts [sorted,plain] --rows 10000000

The job: distinct users per resource and month, and per tenant and month; the last `make` per resource, principal and
month; all of it written as Parquet. Each run is a process of its own. Time is that of the whole process, memory its
greatest resident size.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve()
BUILT = HERE.parents[2] / "target/release"
PROGRAM = BUILT / "examples/meter_activity"

# What `pal bench generate` is told for each layout.
LAYOUTS = {
    "sorted": [],
    "unsorted": ["--order", "none"],
    "plain": ["--coding", "plain"],
    "unsorted-plain": ["--order", "none", "--coding", "plain"],
    "binary": ["--ids", "binary"],
    "binary-plain": ["--ids", "binary", "--coding", "plain"],
    "by-resource": ["--order", "resource"],
    "uniform-one-file": ["--spread", "uniform", "--files", "one", "--order", "none"],
}

# Several ways to say it; the best one counts.
DUCKDB = {
    "count": """
COPY (SELECT strftime(occurred_at, '%Y-%m') AS month, tenant_id, resource_id,
        count(DISTINCT object_id) AS users
      FROM activity WHERE kind = 'use' GROUP BY ALL) TO '{out}/users.parquet';
COPY (SELECT strftime(occurred_at, '%Y-%m') AS month, tenant_id, count(DISTINCT object_id) AS users
      FROM activity WHERE kind = 'use' GROUP BY ALL) TO '{out}/tenants.parquet';
""",
    "shared": """
CREATE TEMP TABLE pairs AS
  SELECT DISTINCT datepart('year', occurred_at) * 12 + datepart('month', occurred_at) - 1 AS month,
    tenant_id, resource_id, object_id::UUID AS object_id FROM activity WHERE kind = 'use';
COPY (SELECT strftime(make_date((month // 12)::INT, (month % 12 + 1)::INT, 1), '%Y-%m') AS month, tenant_id,
        resource_id, count(*) AS users FROM pairs GROUP BY ALL) TO '{out}/users.parquet';
COPY (SELECT strftime(make_date((month // 12)::INT, (month % 12 + 1)::INT, 1), '%Y-%m') AS month, tenant_id,
        count(DISTINCT object_id) AS users FROM pairs GROUP BY ALL) TO '{out}/tenants.parquet';
""",
    "hashed": """
CREATE TEMP TABLE pairs AS
  SELECT DISTINCT (datepart('year', occurred_at) * 12 + datepart('month', occurred_at) - 1)::INT AS month,
    tenant_id::UUID AS tenant_id, resource_id::UUID AS resource_id, object_id::UUID AS object_id
  FROM activity WHERE kind = 'use';
COPY (SELECT strftime(make_date(month // 12, month % 12 + 1, 1), '%Y-%m') AS month, tenant_id::VARCHAR AS tenant_id,
        resource_id::VARCHAR AS resource_id, count(*) AS users
      FROM pairs GROUP BY ALL) TO '{out}/users.parquet';
COPY (SELECT strftime(make_date(month // 12, month % 12 + 1, 1), '%Y-%m') AS month, tenant_id::VARCHAR AS tenant_id,
        count(DISTINCT object_id) AS users FROM pairs GROUP BY ALL) TO '{out}/tenants.parquet';
""",
}
DUCKDB_MAKES = """
COPY (SELECT strftime(occurred_at, '%Y-%m') AS month, resource_id, object_id, max(occurred_at) AS last_at
      FROM activity WHERE kind = 'make' GROUP BY ALL) TO '{out}/makes.parquet';
"""


def duckdb_job(form, folder, out, threads):
    import duckdb

    connection = duckdb.connect(config={"threads": threads, "preserve_insertion_order": False})
    # Without its extension for time zones, which is not in the package, DuckDB takes instants for what they are in UTC.
    ids = "tenant_id, resource_id, object_id"
    kinds = connection.execute(f"SELECT typeof(tenant_id) FROM '{folder}/*.parquet' LIMIT 1").fetchone()
    if kinds[0] == "BLOB":
        # Sixteen bytes: as hexadecimal text, which is what reads fastest.
        ids = ", ".join(f"lower(hex({name})) AS {name}" for name in ids.split(", "))
    connection.execute(f"CREATE VIEW activity AS SELECT occurred_at::TIMESTAMP AS occurred_at, {ids}, kind FROM '{folder}/*.parquet'")
    connection.execute((DUCKDB[form] + DUCKDB_MAKES).format(out=out))


def polars_job(form, folder, out):
    import polars

    month = polars.col("occurred_at")
    month = month.dt.strftime("%Y-%m") if form == "text" else month.dt.truncate("1mo")
    activity = polars.scan_parquet(f"{folder}/*.parquet").with_columns(month=month)
    uses = activity.filter(polars.col("kind") == "use")
    pairs = uses.select("month", "tenant_id", "resource_id", "object_id").unique()
    pairs = pairs.collect(engine="streaming").lazy()
    users = pairs.group_by("month", "tenant_id", "resource_id").len("users")
    tenants = pairs.group_by("month", "tenant_id").agg(polars.col("object_id").n_unique().alias("users"))
    makes = activity.filter(polars.col("kind") == "make")
    makes = makes.group_by("month", "resource_id", "object_id").agg(polars.col("occurred_at").max().alias("last_at"))
    for name, answer in (("users", users), ("tenants", tenants), ("makes", makes)):
        answer = answer.collect(engine="streaming")
        if form != "text":
            answer = answer.with_columns(polars.col("month").dt.strftime("%Y-%m"))
        answer.write_parquet(f"{out}/{name}.parquet")


def job(name, folder, out, threads):
    """Runs one engine as a process; returns seconds and greatest resident size in MB."""
    shutil.rmtree(out, ignore_errors=True)
    Path(out).mkdir(parents=True)
    if name == "pal":
        command = [str(PROGRAM), folder, out, f"threads={threads}"]
    else:
        command = [sys.executable, str(HERE), "--job", name, folder, "--out", out, "--threads", str(threads)]
    environment = dict(os.environ, POLARS_MAX_THREADS=str(threads))
    started = time.monotonic()
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
    words = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{name} failed: {words}")
    return time.monotonic() - started, usage.ru_maxrss // 1024, usage.ru_utime + usage.ru_stime


def compare(ours, theirs):
    """Says how the answers differ; nothing if they do not."""
    import duckdb

    connection = duckdb.connect()
    flat = "replace({0}, '-', '') AS {0}".format
    said = []
    for name, own, other in (
        ("users", f"{ours}/users-*.parquet", f"{theirs}/users.parquet"),
        ("tenants", f"{ours}/users-*.parquet", f"{theirs}/tenants.parquet"),
        ("makes", f"{ours}/makes-*.parquet", f"{theirs}/makes.parquet"),
    ):
        columns = {
            "users": f"month, {flat('tenant_id')}, {flat('resource_id')}, users::BIGINT AS users",
            "tenants": f"month, {flat('tenant_id')}, users::BIGINT AS users",
            "makes": f"month, {flat('resource_id')}, {flat('object_id')}, epoch_us(last_at::TIMESTAMP) AS last_at",
        }[name]
        where = {"users": "WHERE resource_id IS NOT NULL", "tenants": "WHERE resource_id IS NULL", "makes": ""}[name]
        left, right = f"SELECT {columns} FROM '{own}' {where}", f"SELECT {columns} FROM '{other}'"
        for one, two in ((left, right), (right, left)):
            rows = connection.execute(f"SELECT count(*) FROM (({one}) EXCEPT ALL ({two}))").fetchone()[0]
            if rows:
                said.append(f"{name}: {rows} rows differ")
    return said


def measure(folder, names, arguments):
    """Runs the engines in turn; returns for each its runs: seconds, memory, processor seconds."""
    measured = {name: [] for name in names}
    for number in range(arguments.runs):
        for name in names:
            out = f"{arguments.out}/{name}"
            measured[name].append(job(name, folder, out, arguments.threads))
            seconds, memory, cpu = measured[name][-1]
            load = os.getloadavg()[0]
            print(f"run {number + 1} {name}: {seconds:.2f} s, cpu {cpu:.2f} s, {memory} MB, load {load:.1f}", flush=True)
            if name != "pal" and "pal" in names and number == 0:
                differences = compare(f"{arguments.out}/pal", out)
                print(f"  answers {'differ: ' + '; '.join(differences) if differences else 'are equal'}", flush=True)
    return measured


def middle(runs, place=0):
    return statistics.median(run[place] for run in runs)


def show(measured):
    own = middle(measured.get("pal", [(1, 0, 1)]))
    print("\n| engine | seconds, median (least to most) | to pal | processor s | peak memory |\n| --- | ---: | ---: | ---: | ---: |")
    for name, runs in measured.items():
        seconds = sorted(seconds for seconds, _, _ in runs)
        memory = max(memory for _, memory, _ in runs)
        print(
            f"| {name} | {middle(runs):.2f} ({seconds[0]:.2f} to {seconds[-1]:.2f}) | {middle(runs) / own:.1f}"
            f" | {middle(runs, 2):.2f} | {memory} MB |"
        )


def compare_layouts(folder, names, arguments):
    """Makes the files of each layout, measures them, and removes them again."""
    wanted = LAYOUTS if arguments.layouts == "all" else arguments.layouts.split(",")
    lines = []
    for layout in wanted:
        place = folder / layout
        command = [BUILT / "pal", "bench", "generate", place, "--rows", str(arguments.rows), "--only-activity"]
        subprocess.run(command + LAYOUTS[layout], check=True)
        size = sum(file.stat().st_size for file in (place / "activity").iterdir())
        print(f"\n{layout}: {arguments.rows} rows, {size / 1e6:.0f} MB", flush=True)
        measured = measure(place / "activity", names, arguments)
        show(measured)
        shutil.rmtree(place)
        line = [layout, f"{size / 1e6:.0f} MB", f"{middle(measured['pal']):.2f}", f"{middle(measured['pal'], 2):.2f}"]
        for engine in ("duckdb", "polars"):
            # The best of several ways counts.
            ways = [runs for name, runs in measured.items() if name.startswith(engine)]
            for at in (0, 2):
                best = min((middle(runs, at) for runs in ways), default=None)
                line.append("" if best is None else f"{best:.2f} ({best / middle(measured['pal'], at):.1f})")
        lines.append(line)
    print("\n| layout | files | pal, s | processor s | DuckDB, s (to pal) | processor s | Polars, s (to pal) | processor s |")
    print("| --- " + "| ---: " * 7 + "|")
    for line in lines:
        print(f"| {' | '.join(line)} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="what `pal bench generate` wrote, or where to with --layouts")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", help="engines, separated by commas")
    parser.add_argument("--out", default="/tmp/metering-out")
    parser.add_argument("--layouts", nargs="?", const="all", help=f"make and compare layouts: {', '.join(LAYOUTS)}")
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows of each layout")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    folder = Path(arguments.folder)
    if (folder / "activity").is_dir():
        folder = folder / "activity"
    if arguments.job:
        engine, form = arguments.job.split("-")
        if engine == "duckdb":
            duckdb_job(form, folder, arguments.out, arguments.threads)
        else:
            polars_job(form, folder, arguments.out)
        return
    names = ["pal", *(f"duckdb-{form}" for form in DUCKDB), "polars-text", "polars-date"]
    if arguments.only:
        names = arguments.only.split(",")
    if arguments.layouts:
        compare_layouts(folder, names, arguments)
    else:
        show(measure(folder, names, arguments))


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()

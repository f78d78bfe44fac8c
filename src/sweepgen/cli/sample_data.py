"""`sweepgen sample-data`: readings to try a sweep with."""

from __future__ import annotations

from sweepgen.checks.checker import Checker
from sweepgen.cli.options import Parser, add_report_options, number_from, show
from sweepgen.errors import UsageError
from sweepgen.findings import Report
from sweepgen.project.circuits import circuit_entries
from sweepgen.terminal import printable

LEAST_DAYS = 10
MOST_DAYS = 10_000


def run(arguments: list[str]) -> int:
    """Make readings for the circuits of a file and return the exit status."""
    options = parser().parse_args(arguments)
    checker = Checker()
    checked = checker.check(options.circuits)
    report = Report(checked.findings, (checked.file,))
    entries = [entry for _, entry in circuit_entries(checker.loader.document(options.circuits))]
    if not report.ok or not entries:
        show(report, checker.sources.lines, options)
        if report.ok:
            raise UsageError(f"{options.circuits} has no circuits")
        return 1
    try:
        from sweepgen.local.sensor_readings import write  # noqa: PLC0415 - imports pandas
    except ImportError as fault:
        raise UsageError(f"sample data needs {fault.name}: pip install 'sweepgen[lstm]'") from fault
    for entry in entries:
        print(printable(f"written   {write(entry.data(), options.folder, options.days)}"))
    return 0


def parser() -> Parser:
    """Return the command's parser."""
    parser = Parser(
        "sample-data",
        "Make sensor readings for the circuits of a circuits.yaml, to try a sweep with: hourly values of every feature"
        " up to the cutoff date, as MLTable folders <plant_id>_<circuit_id>. Needs the extra lstm.",
        "sweepgen sample-data config/circuits.yaml data --days 60",
    )
    parser.add_argument("circuits", metavar="CIRCUITS", help="a circuits file")
    parser.add_argument("folder", metavar="FOLDER", help="where the folders of the circuits go")
    parser.add_argument(
        "--days",
        type=number_from(LEAST_DAYS, MOST_DAYS),
        default=120,
        metavar="N",
        help="days up to the cutoff date (default: 120)",
    )
    add_report_options(parser)
    return parser

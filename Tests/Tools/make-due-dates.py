#!/usr/bin/env python3
"""Makes Tests/DomainTests/Fixtures/due-dates.csv: due dates reckoned by python-dateutil, to judge ours by.

    python3 Tests/Tools/make-due-dates.py > Tests/DomainTests/Fixtures/due-dates.csv

Every date is counted from the anchor (relativedelta(months=n) clamps the day), a local time that a clock change skips
moves forward (tz.resolve_imaginary), one that occurs twice is the first (fold=0). Zone data are those that dateutil
brings along (2.9.0: 2024a), so every machine writes the same bytes; the zones and years here are those on which later
data and Foundation's agree. Not Europe/Dublin: dateutil takes its winter time, which the data call daylight saving,
for the wrong one of two (ScheduleZoneTests has it by hand).
"""

import datetime as dt
import sys

import dateutil
from dateutil import tz
from dateutil.relativedelta import relativedelta
from dateutil.zoneinfo import get_zonefile_instance

ZONE_DATA = get_zonefile_instance()

ZONES = """
UTC Africa/Johannesburg America/Chicago America/Denver America/Halifax America/Havana America/Los_Angeles
America/New_York America/Phoenix America/St_Johns Antarctica/Troll Asia/Jerusalem Asia/Kathmandu Asia/Kolkata
Asia/Tokyo Atlantic/Azores Australia/Adelaide Australia/Lord_Howe Australia/Sydney Europe/Athens Europe/Berlin
Europe/Lisbon Europe/London Europe/Paris Pacific/Auckland Pacific/Chatham Pacific/Honolulu
""".split() + """
America/Mexico_City America/Whitehorse Asia/Amman Europe/Volgograd
""".split()  # Those whose rules changed within these years.

# Their month-ends are all listed; the others' now and then.
THOROUGH = {"Europe/London", "America/New_York", "Australia/Lord_Howe", "UTC"}

FIRST_YEAR, LAST_YEAR = 2020, 2029


def step(every, n):
    count, unit = every.split()
    unit = unit if unit.endswith("s") else unit + "s"
    return relativedelta(**{unit: int(count) * n})


def row(name, every, at, anchor, n):
    hour, minute = map(int, at.split(":"))
    date = anchor + step(every, n)
    local = dt.datetime(date.year, date.month, date.day, hour, minute, tzinfo=ZONE_DATA.get(name))
    due = tz.resolve_imaginary(local).astimezone(tz.UTC)
    return f"{name},{every},{at},{anchor},{n},{date},{due:%Y-%m-%dT%H:%M:%SZ}"


def clock_changes(name):
    """The local dates on which the zone's offset changes: it differs from noon to noon."""
    noon = dt.datetime(FIRST_YEAR, 1, 1, 12, tzinfo=ZONE_DATA.get(name))
    while noon.year <= LAST_YEAR:
        next_noon = noon + dt.timedelta(days=1)
        if noon.utcoffset() != next_noon.utcoffset():
            yield next_noon.date()
        noon = next_noon


def rows(name):
    for n in range(0, 120, 1 if name in THOROUGH else 7):  # month-ends: 31, 28 or 29, 31, 30
        yield row(name, "1 month", "02:30", dt.date(FIRST_YEAR, 1, 31), n)
    for n in range(0, 40, 3):  # anchored on a 30th, through February
        yield row(name, "3 months", "01:30", dt.date(2019, 11, 30), n)
    for n in range(0, 10):  # leap days
        yield row(name, "1 year", "09:00", dt.date(FIRST_YEAR, 2, 29), n)
    for n in range(0, 260, 13):  # Sundays, when most clocks change
        yield row(name, "2 weeks", "02:30", dt.date(FIRST_YEAR, 1, 5), n)
    first = dt.date(FIRST_YEAR, 1, 1)
    for day in clock_changes(name):  # gaps and overlaps
        for at in ("00:30", "01:30", "02:30"):
            yield row(name, "1 day", at, first, (day - first).days)


def main():
    if not dateutil.__version__.startswith("2.9"):
        sys.exit(f"make-due-dates: python-dateutil is {dateutil.__version__}; install 2.9")
    print("zone,every,at,anchor,index,date,due_at")
    for name in ZONES:
        if ZONE_DATA.get(name) is None:
            sys.exit(f"make-due-dates: no zone {name}; its zone data are incomplete")
        for line in rows(name):
            print(line)


main()

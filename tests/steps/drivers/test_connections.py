"""The functions' sessions on the database are seen, however short they are."""

from __future__ import annotations

import psycopg

from steps.drivers.connections import Connections
from steps.drivers.postgres import Database
from steps.paths import ROOT

SESSIONS = 20


def test_sessions_of_a_few_milliseconds_are_seen(database_url: str):
    connections = Connections(lambda: Database(database_url, [ROOT / "sql"]), ["reader"])
    ids = [f"00000000-0000-0000-0000-{number:012}" for number in range(SESSIONS)]
    with connections.watched() as sightings:
        for id in ids:
            with psycopg.connect(database_url, application_name=f"reader {id}") as session:
                session.execute("SELECT pg_sleep(0.02)")
    # Twenty sessions of 30 ms: a query every 50 ms sees twelve of them.
    assert len(sightings.of(ids)) > 15, sightings.seen
    assert sightings.most == 1

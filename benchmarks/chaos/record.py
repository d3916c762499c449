"""What our side says at the end, for the judge: the record of the database, and the events of the stream."""

import json

from sqlalchemy import text

from benchmarks.chaos.witness import Wanted
from benchmarks.launch_world import World


def wanted(stage: World) -> dict[str, Wanted]:
    """Our record, by the marker's part of each campaign's obj_key."""
    query = """SELECT replace(o.obj_key::text, '-', ''), d.platform, d.status, o.external_id
               FROM platform_objects o JOIN deployments d ON d.id = o.deployment_id WHERE o.kind = 'campaign'"""
    with stage.services.database.transaction() as session:
        rows = session.execute(text(query)).tuples().all()
    return {key[:16]: Wanted(platform, status == "live", status, external_id) for key, platform, status, external_id in rows}


def events_lost(stage: World) -> int:
    """Events of the outbox that the stream does not have."""
    import asyncio

    with stage.services.database.transaction() as session:
        ids = {str(row.event_id) for row in session.execute(text("SELECT event_id FROM events.outbox"))}
    return len(ids - asyncio.run(_published(stage.stack.environment["ZAMC_NATS_URL"])))


async def _published(url: str) -> set[str]:
    from zamc.events.stream import connected

    seen: set[str] = set()
    async with connected(url, name="chaos") as client:
        jetstream = client.jetstream()
        info = await jetstream.stream_info("ZAMC")
        subscription = await jetstream.subscribe("zamc.>", ordered_consumer=True)
        while len(seen) < info.state.messages:
            message = await subscription.next_msg(timeout=10)
            seen.add(json.loads(message.data)["id"])
            if message.metadata.sequence.stream >= info.state.last_seq:
                break
    return seen

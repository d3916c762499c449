"""A launch on a good day, and what must stop it before anything is sent."""

from tests.zamc.deployments.conftest import Stage


def test_both_platforms_go_live_created_dark_and_enabled_last(stage: Stage) -> None:
    stage.begin()
    stage.launch()
    stage.both_live_once()
    for fake in (stage.google, stage.meta):
        methods = [method for method, _ in fake.calls]
        assert methods.index("enable_leaves") < methods.index("enable_root")
        assert methods.index("read") < methods.index("enable_leaves")
        assert "find" not in methods
    assert len([call for call in stage.google.calls if call[0] == "create"]) == 1
    created = [kinds for method, kinds in stage.meta.calls if method == "create"]
    assert [kinds[0] for kinds in created] == ["campaign", "image", "ad_set", "ad_set", "creative", "ad", "creative", "ad"]
    assert stage.events() == [
        "zamc.deployment.requested", "zamc.deployment.requested", "zamc.deployment.launched", "zamc.deployment.launched"
    ]  # fmt: skip


def test_no_platform_is_enabled_before_both_are_built(stage: Stage) -> None:
    stage.begin()
    outcome = stage.service().launch("google_ads")
    assert outcome.counts["waiting"] == 1
    assert stage.google.campaigns("enabled") == []
    assert stage.statuses() == {"google_ads": "created", "meta_ads": "creating"}


def test_a_second_launch_changes_nothing(stage: Stage) -> None:
    stage.begin()
    stage.launch()
    before = (len(stage.google.things), len(stage.meta.things), stage.events())
    stage.launch()
    assert (len(stage.google.things), len(stage.meta.things), stage.events()) == before
    stage.both_live_once()


def test_what_was_live_comes_back_although_its_sibling_has_ended(stage: Stage) -> None:
    """Found by the crash trial: a resumed deployment waited for ever for one that somebody had ended."""
    google, meta = stage.begin()
    stage.launch()
    service = stage.service()
    with stage.database.transaction() as session:
        service.pause(session, google, by="anna")
        service.end(session, meta, by="anna")
    service.run_stops()
    with stage.database.transaction() as session:
        service.resume(session, google, by="anna")
    stage.launch()
    assert stage.statuses() == {"google_ads": "live", "meta_ads": "ended"}

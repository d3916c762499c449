"""Google's own sample programs, from the SDK's wheel, unchanged: only google-ads.yaml names the sandbox."""

import importlib.metadata
import json
import re
import runpy
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.http import Credentials, start
from tests.sandbox.google.campaigns import request, whole_campaign, whole_display
from tests.sandbox.google.sample_images import served
from tests.sandbox.google.world import DEVELOPER_TOKEN, TOKEN, World, running

Run = Callable[..., str]
DECLARED = "DOES_NOT_CONTAIN_EU_POLITICAL_ADVERTISING"


def _service_account(folder: Path, token_uri: str) -> Path:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    account = {"type": "service_account", "client_email": "a@sandbox.invalid", "private_key": pem, "token_uri": token_uri}
    path = folder / "key.json"
    path.write_text(json.dumps(account))
    return path


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """At the real time: the samples count from the real calendar's today."""
    with running(tmp_path / "sandbox.sqlite", now=None) as started:
        started.customer = started.add_customer("1234567890", currency="USD")
        yield started


@pytest.fixture
def run(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs a sample as `python sample.py ARGUMENTS` would and returns what it printed; a failing one fails the test."""
    samples = Path(str(importlib.metadata.distribution("google-ads").locate_file("examples")))
    credentials = Credentials(TOKEN, "client", "secret", "refresh", "app")
    web = start(world.store, world.clock, world.faults, port=0, credentials=credentials)
    key = _service_account(tmp_path, f"http://127.0.0.1:{web.port}/oauth2/token")
    settings = tmp_path / "google-ads.yaml"
    settings.write_text(
        f"developer_token: {DEVELOPER_TOKEN}\nendpoint: localhost:{world.port}\njson_key_file_path: {key}\nuse_proto_plus: True\n"
    )
    monkeypatch.setenv("GOOGLE_ADS_CONFIGURATION_FILE_PATH", str(settings))

    def run_sample(name: str, *arguments: str, exit_code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        capsys.readouterr()
        code = 0
        try:
            runpy.run_path(str(samples / f"{name}.py"), run_name="__main__")
        except SystemExit as stop:
            code = int(stop.code or 0)
        printed = capsys.readouterr().out
        assert code == exit_code, printed
        return printed

    with served(tmp_path / "pictures") as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield run_sample
    web.stop()


def _id(pattern: str, printed: str) -> str:
    found = re.search(pattern, printed)
    assert found is not None, printed
    return found[1]


def test_a_campaign_is_added_read_changed_and_removed(world: World, run: Run) -> None:
    account = ("-c", world.customer)
    campaign = _id(r"Created campaign customers/\d+/campaigns/(\d+)", run("basic_operations/add_campaigns", *account))
    assert f'Campaign with ID {campaign} and name "Interplanetary Cruise' in run("basic_operations/get_campaigns", *account)
    group = _id(r"adGroups/(\d+)", run("basic_operations/add_ad_groups", *account, "-i", campaign))
    assert "Updated ad group" in run("basic_operations/update_ad_group", *account, "-a", group, "-b", "1000000")
    assert "Updated campaign" in run("basic_operations/update_campaign", *account, "-i", campaign)
    assert "Removed campaign" in run("basic_operations/remove_campaign", *account, "-i", campaign)
    refused = run("basic_operations/update_campaign", *account, "-i", campaign, exit_code=1)
    assert "not permitted for a removed resource" in refused


def test_partial_failures_are_told_by_index(world: World, run: Run) -> None:
    campaign = whole_campaign(world).campaign.rsplit("/", 1)[-1]
    printed = run("error_handling/handle_partial_failure", "-c", world.customer, "-i", campaign)
    assert "A partial failure at index 1 occurred" in printed
    assert "A partial failure at index 2 occurred" in printed
    assert "Created ad group with resource_name" in printed


def test_targeting_criteria_are_added(world: World, run: Run) -> None:
    campaign = whole_campaign(world).campaign.rsplit("/", 1)[-1]
    arguments = ("-c", world.customer, "-i", campaign, "-k", "jupiter cruise")
    assert run("targeting/add_campaign_targeting_criteria", *arguments).count("Added campaign criterion") == 3


def test_an_ad_is_read_paused_and_its_ads_listed(world: World, run: Run) -> None:
    names = whole_campaign(world)
    group, ad = names.ad.rsplit("/", 1)[-1].split("~")
    printed = run("basic_operations/get_responsive_search_ads", "-c", world.customer, "-a", group)
    assert "Sketch in three dimensions pinned to UNSPECIFIED" in printed
    assert "Paused ad group ad" in run("basic_operations/pause_ad", "-c", world.customer, "-a", group, "-i", ad)
    campaign = names.campaign.rsplit("/", 1)[-1]
    assert "ads found: 0" in run("campaign_management/get_all_disapproved_ads", "-c", world.customer, "-i", campaign)


def test_reports_and_lookups_run(world: World, run: Run, tmp_path: Path) -> None:
    whole_campaign(world)
    world.clock.advance(3 * 86_400)
    report = tmp_path / "report.csv"
    run("misc/campaign_report_to_csv", "-c", world.customer, "-o", str(report), "-w")
    assert report.read_text().count("\n") >= 2
    assert "customers/1234567890" in run("account_management/list_accessible_customers")
    assert "(Paris, FR, City, ENABLED)" in run("targeting/get_geo_target_constants_by_names")
    assert "data type:     ENUM" in run("basic_operations/search_for_google_ads_fields", "-n", "campaign.adv")


def test_the_complete_search_ad_stops_where_the_real_platform_stops_it(world: World, run: Run) -> None:
    """The sample does not declare EU political advertising, which has been required since September 2025: exactly that is refused."""
    refused = run("advanced_operations/add_responsive_search_ad_full", "-c", world.customer, exit_code=1)
    fields = re.findall(r"On field: (\S+)", refused)
    assert fields == ["operations", "create", "contains_eu_political_advertising"]
    assert refused.count("Error with message") == 1
    assert "The required field was not present." in refused
    assert world.calls() == [
        ("CampaignBudgetService/MutateCampaignBudgets", "OK"),
        ("CampaignService/MutateCampaigns", "field_error.REQUIRED: The required field was not present."),
    ]
    assert world.search("SELECT campaign.id FROM campaign") == []


def test_the_complete_search_ad_cannot_get_further_on_any_platform(world: World, run: Run) -> None:
    """Where the account has declared, the sample goes on and then sets an enum class where a value belongs: proto-plus, in the same
    wheel, refuses that before anybody is called."""
    customer = world.add_customer("9999999990", contains_eu_political_advertising=DECLARED)
    with pytest.raises(TypeError, match="ServedAssetFieldType"):
        run("advanced_operations/add_responsive_search_ad_full", "-c", customer)
    called = [(method.rpartition("/")[2], outcome) for method, outcome in world.calls()]
    assert called == [("MutateCampaignBudgets", "OK"), ("MutateCampaigns", "OK"), ("MutateAdGroups", "OK")]
    assert len(world.search("SELECT ad_group.id FROM ad_group", customer=customer)) == 1


def test_the_complete_search_ad_runs_to_its_end_but_for_that_assignment(world: World, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """With that one assignment let pass, everything else of it is done."""
    from google.ads.googleads.v24.common.types.ad_asset import AdTextAsset
    from google.ads.googleads.v24.enums.types.served_asset_field_type import ServedAssetFieldTypeEnum

    plain = AdTextAsset.__setattr__

    def forgiving(self: object, key: str, value: object) -> None:
        if value is not ServedAssetFieldTypeEnum.ServedAssetFieldType:
            plain(self, key, value)

    monkeypatch.setattr(AdTextAsset, "__setattr__", forgiving)
    customer = world.add_customer("9999999990", contains_eu_political_advertising=DECLARED)
    printed = run("advanced_operations/add_responsive_search_ad_full", "-c", customer)
    assert "Created responsive search ad" in printed
    assert printed.count("Created keyword") == 3
    assert printed.count("Added campaign criterion") == 3


def _conversion_action(world: World) -> None:
    wanted = request(world)
    wanted.conversion_action()
    wanted.send()


@pytest.mark.parametrize(("brand", "links", "brand_links"), [("yes", 7, 2), ("", 9, 0)])
def test_a_performance_max_campaign_is_added(world: World, run: Run, brand: str, links: int, brand_links: int) -> None:
    """The sample reads any text after -b as true, and none as false."""
    _conversion_action(world)
    printed = run("advanced_operations/add_performance_max_campaign", "-c", world.customer, "-b", brand)
    made = Counter(re.findall(r"Created a\(n\) (\w+) with", printed))
    assert made["AssetGroupAsset"] == 3 + 2 + links - 4
    assert made["CampaignAsset"] == brand_links
    assert (made["Campaign"], made["AssetGroup"], made["AssetGroupSignal"], made["CampaignCriterion"]) == (1, 1, 1, 3)
    assert "Performance Max campaign #" in run("basic_operations/get_campaigns", "-c", world.customer)


def test_a_campaign_for_a_product_feed_is_added_with_its_goals(world: World, run: Run) -> None:
    """The sample means to bid for purchases alone, but its field mask leaves out what is false: the other goal stays as it was."""
    wanted = request(world)
    wanted.conversion_action()
    wanted.conversion_action("Sign-up").category = world.client().enums.ConversionActionCategoryEnum.SIGNUP
    wanted.send()
    arguments = ("-c", world.customer, "-m", "123456", "-u", "https://example.com/")
    printed = run("shopping_ads/add_performance_max_retail_campaign", *arguments)
    made = Counter(re.findall(r"Created a\(n\) (\w+) with", printed))
    assert made["CampaignConversionGoal"] == 2
    assert (made["Campaign"], made["AssetGroup"], made["AssetGroupListingGroupFilter"]) == (1, 1, 1)
    fields = "campaign_conversion_goal.category, campaign_conversion_goal.origin, campaign_conversion_goal.biddable"
    rows = [row.campaign_conversion_goal for row in world.search(f"SELECT {fields} FROM campaign_conversion_goal")]  # noqa: S608
    names = world.client().enums.ConversionActionCategoryEnum.ConversionActionCategory
    assert {names.Name(row.category): row.biddable for row in rows} == {"PURCHASE": True, "SIGNUP": True}


def test_an_image_is_uploaded(world: World, run: Run) -> None:
    assert "Uploaded file(s):" in run("assets/upload_image_asset", "-c", world.customer)
    [row] = world.search("SELECT asset.image_asset.full_size.width_pixels FROM asset WHERE asset.type = 'IMAGE'")
    assert row.asset.image_asset.full_size.width_pixels == 1200


def _listed(world: World) -> None:
    """Google lets the account upload HTML5."""
    with world.store.transaction() as tx:
        found = tx.get("google", world.customer, "customer", world.customer)
        assert found is not None
        tx.update(found, body={**found.body, "html5_ads": True})


def test_an_html5_ad_is_uploaded_by_an_account_that_may(world: World, run: Run) -> None:
    group = whole_display(world)[1].rsplit("/", 1)[-1]
    _listed(world)
    printed = run("advanced_operations/add_display_upload_ad", "-c", world.customer, "-a", group)
    ad = _id(rf"Created new ad group ad with resource name 'customers/\d+/adGroupAds/{group}~(\d+)'", printed)
    fields = "ad_group_ad.ad.type, ad_group_ad.ad.display_upload_ad.media_bundle, ad_group_ad.status"
    [row] = world.search(f"SELECT {fields} FROM ad_group_ad WHERE ad_group_ad.ad.id = {ad}")  # noqa: S608 - GAQL
    assert row.ad_group_ad.ad.display_upload_ad.media_bundle.asset.startswith(f"customers/{world.customer}/assets/")
    assert row.ad_group_ad.status == world.client().enums.AdGroupAdStatusEnum.PAUSED


def test_an_html5_ad_of_any_other_account_is_refused_as_by_the_platform(world: World, run: Run) -> None:
    """HTML5 bundles are for accounts that Google has put on a list."""
    group = whole_display(world)[1].rsplit("/", 1)[-1]
    printed = run("advanced_operations/add_display_upload_ad", "-c", world.customer, "-a", group, exit_code=1)
    assert "not allowlisted" in printed
    assert re.findall(r"On field: (\S+)", printed) == ["operations", "create", "media_bundle_asset"]


def test_keywords_are_validated_request_by_request(world: World, run: Run) -> None:
    group = whole_campaign(world).ad_group.rsplit("/", 1)[-1]
    printed = run("error_handling/handle_rate_exceeded_error", "-c", world.customer, "-a", group)
    assert printed.count("Added 0 ad group criteria") == 5


def test_what_an_ad_says_is_changed_and_reviewed_again(world: World, run: Run) -> None:
    names = whole_campaign(world)
    group, ad = names.ad.rsplit("/", 1)[-1].split("~")
    assert f"/ads/{ad}" in run("basic_operations/update_responsive_search_ad", "-c", world.customer, "-i", ad)
    printed = run("basic_operations/get_responsive_search_ads", "-c", world.customer, "-a", group)
    assert "Tickets on sale now" in printed
    assert "Sketch in three dimensions" not in printed
    [row] = world.search("SELECT ad_group_ad.ad.final_urls, ad_group_ad.policy_summary.review_status FROM ad_group_ad")
    assert list(row.ad_group_ad.ad.final_urls) == ["https://www.example.com"]
    events = world.search(
        "SELECT change_event.change_resource_type, change_event.change_resource_name FROM change_event"
        " WHERE change_event.change_date_time DURING TODAY LIMIT 100"
    )
    kinds = world.client().enums.ChangeEventResourceTypeEnum.ChangeEventResourceType
    assert ("AD", f"customers/{world.customer}/ads/{ad}") in {
        (kinds.Name(row.change_event.change_resource_type), row.change_event.change_resource_name) for row in events
    }


def test_people_are_aimed_at_and_places_weighed(world: World, run: Run) -> None:
    names = whole_campaign(world)
    group, campaign = names.ad_group.rsplit("/", 1)[-1], names.campaign.rsplit("/", 1)[-1]
    printed = run("targeting/add_demographic_targeting_criteria", "-c", world.customer, "-a", group)
    assert printed.count(f"adGroupCriteria/{group}~") == 2
    [place, *_] = world.search("SELECT campaign_criterion.criterion_id FROM campaign_criterion WHERE campaign_criterion.type = 'LOCATION'")
    arguments = ("-c", world.customer, "-i", campaign, "-k", str(place.campaign_criterion.criterion_id), "-b", "1.5")
    assert "was modified" in run("campaign_management/update_campaign_criterion_bid_modifier", *arguments)


def test_keywords_pass_the_policies_and_reports_come_in_parallel(world: World, run: Run) -> None:
    group = whole_campaign(world).ad_group.rsplit("/", 1)[-1]
    printed = run("error_handling/handle_keyword_policy_violations", "-c", world.customer, "-a", group, "-k", "medication")
    assert "Added a keyword" in printed
    world.clock.advance(3 * 86_400)
    assert "Total successful results: 2" in run("reporting/parallel_report_download", "-c", world.customer)
    printed = run("misc/set_custom_client_timeouts", "-c", world.customer)
    assert printed.count("completed before the timeout") == 2
    assert "Resource name: customers/" in run("misc/upload_image_asset", "-c", world.customer)


@pytest.mark.parametrize(
    ("name", "arguments", "lacks"),
    [
        ("campaign_management/validate_ad", ("-a", "1"), "AdTextAsset"),
        ("account_management/get_change_details", (), "SearchPagedResponse"),
        ("account_management/get_change_summary", (), "SearchPagedResponse"),
    ],
)
def test_some_programs_of_the_wheel_end_before_they_call_anybody(
    world: World, run: Run, name: str, arguments: tuple[str, ...], lacks: str
) -> None:
    """They import names that the SDK of the same wheel does not have there: no platform could run them unchanged."""
    with pytest.raises(ImportError, match=lacks):
        run(name, "-c", world.customer, *arguments)
    assert world.calls() == []

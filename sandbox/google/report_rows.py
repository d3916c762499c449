"""Rows of the views that only reports know: search terms, places, landing pages, ages and genders.

Each is a share of what the campaign, the ad group, the ads or the keyword under it were given, in whole numbers: places and ages add up to
what they are shares of, search terms to less, because the platform keeps rare ones to itself.
"""

import base64
import hashlib
from collections.abc import Iterator
from typing import Final

from sandbox.google.bodies import Body
from sandbox.google.constants import GEO_TARGETS
from sandbox.google.rows import Piece, Row, Rows

# Criterion ids are the platform's own.
AGES: Final = (
    (503001, "AGE_RANGE_18_24", 16), (503002, "AGE_RANGE_25_34", 27), (503003, "AGE_RANGE_35_44", 21), (503004, "AGE_RANGE_45_54", 14),
    (503005, "AGE_RANGE_55_64", 9), (503006, "AGE_RANGE_65_UP", 5), (503999, "AGE_RANGE_UNDETERMINED", 8),
)  # fmt: skip
GENDERS: Final = ((10, "MALE", 45), (11, "FEMALE", 46), (20, "UNDETERMINED", 9))
# People in a place come before those who are only interested in it.
_LOCATIONS: Final = (("LOCATION_OF_PRESENCE", 91), ("AREA_OF_INTEREST", 9))
# What people type for a keyword, with its weight; the first weight is of what nobody is told.
_TERMS: Final = (("", 12), ("{}", 44), ("{} price", 18), ("best {}", 16), ("{} near me", 10))
_ANYWHERE: Final = "DE"


class ReportRows(Rows):
    """Rows of every resource, views included."""

    def _search_term_view(self) -> Iterator[Row]:
        weights = tuple(weight for _, weight in _TERMS)
        found: dict[tuple[str, str], tuple[Row, list[Piece]]] = {}
        for row in self.of("keyword_view"):
            word = row.bodies["ad_group_criterion"]
            group = str(word["ad_group"]).rsplit("/", 1)[-1]
            for index, (pattern, _) in enumerate(_TERMS):
                if pattern:
                    key = (group, pattern.format(str(word["keyword"]["text"]).lower()))
                    found.setdefault(key, (row, []))[1].append(Piece("keyword", row.grain[1], weights, index))
        for (group, term), (row, pieces) in found.items():
            encoded = base64.urlsafe_b64encode(term.encode()).decode().rstrip("=")
            name = f"{self.account.resource_name}/searchTermViews/{row.campaigns[0]}~{group}~{encoded}"
            about = f"{self.account.resource_name}/adGroups/{group}"
            view = {"resource_name": name, "search_term": term, "ad_group": about, "status": "NONE" if " " in term else "ADDED"}
            bodies = {kind: body for kind, body in row.bodies.items() if kind not in ("ad_group_criterion", "keyword_view")}
            yield Row({**bodies, "search_term_view": view}, row.campaigns, pieces=tuple(pieces))

    def _geographic_view(self) -> Iterator[Row]:
        found: dict[tuple[str, int, str], tuple[Row, list[Piece]]] = {}
        for row in self.of("campaign"):
            [campaign] = row.campaigns
            countries = self._countries(campaign)
            weights = tuple(len(countries) - rank + 1 for rank in range(len(countries)))
            cut = tuple(weight * share for weight in weights for _, share in _LOCATIONS)
            for rank, country in enumerate(countries):
                for place, (location, _) in enumerate(_LOCATIONS):
                    key = (campaign if self._names("campaign") else "", country, location)
                    piece = Piece("campaign", "", cut, rank * len(_LOCATIONS) + place, campaign)
                    found.setdefault(key, (row, []))[1].append(piece)
        for (_, country, location), (row, pieces) in found.items():
            name = f"{self.account.resource_name}/geographicViews/{country}~{location}"
            view = {"resource_name": name, "country_criterion_id": country, "location_type": location}
            yield Row({**row.bodies, "geographic_view": view}, tuple(piece.campaign for piece in pieces), pieces=tuple(pieces))

    def _countries(self, campaign: str) -> list[int]:
        """Countries that a campaign is aimed at, or that its cities lie in, by criterion id."""
        ids = {target.country: target.id for target in GEO_TARGETS.values() if target.target_type == "Country"}
        found = []
        for criterion in self._find("campaign_criterion", parents=[campaign]):
            place = criterion.body.get("location", {}).get("geo_target_constant", "")
            target = GEO_TARGETS.get(int(place.rsplit("/", 1)[-1])) if place else None
            if target is not None and not criterion.body.get("negative") and target.country in ids:
                found.append(ids[target.country])
        return list(dict.fromkeys(found)) or [ids[_ANYWHERE]]

    def _names(self, resource: str) -> bool:
        """Whether the query selects the resource, so that rows are split by it."""
        return resource in self._needed

    def _landing_page_view(self) -> Iterator[Row]:
        for row, url in self._landing_pages():
            view = {"resource_name": self._page("landingPageViews", url), "unexpanded_final_url": url}
            yield Row({**row.bodies, "landing_page_view": view}, row.campaigns, pieces=row.pieces)

    def _expanded_landing_page_view(self) -> Iterator[Row]:
        for row, url in self._landing_pages():
            view = {"resource_name": self._page("expandedLandingPageViews", url), "expanded_final_url": url}
            yield Row({**row.bodies, "expanded_landing_page_view": view}, row.campaigns, pieces=row.pieces)

    def _page(self, collection: str, url: str) -> str:
        print_of_url = int.from_bytes(hashlib.blake2b(url.encode(), digest_size=7).digest())
        return f"{self.account.resource_name}/{collection}/{print_of_url}"

    def _landing_pages(self) -> Iterator[tuple[Row, str]]:
        """One row for each page of an ad group, or of a campaign with asset groups."""
        found: dict[tuple[str, str, str], tuple[dict[str, Body], list[Piece]]] = {}
        self._needed.add("ad_group_ad")
        for row in self.of("ad_group_ad"):
            ad = row.bodies["ad_group_ad"]
            group = str(ad["ad_group"]).rsplit("/", 1)[-1] if self._names("ad_group") else ""
            for url in ad["ad"].get("final_urls", [])[:1]:
                bodies = {kind: body for kind, body in row.bodies.items() if kind != "ad_group_ad"}
                found.setdefault((row.campaigns[0], group, url), (bodies, []))[1].append(Piece("ad", row.grain[1]))
        if not self._names("ad_group"):
            for row in self.of("asset_group"):
                for url in row.bodies["asset_group"].get("final_urls", [])[:1]:
                    bodies = {kind: body for kind, body in row.bodies.items() if kind != "asset_group"}
                    found.setdefault((row.campaigns[0], "", url), (bodies, []))[1].append(Piece("group", row.grain[1]))
        for (campaign, _, url), (bodies, pieces) in found.items():
            yield Row(bodies, (campaign,), pieces=tuple(pieces)), url

    def _age_range_view(self) -> Iterator[Row]:
        return self._demographics("age_range", AGES)

    def _gender_view(self) -> Iterator[Row]:
        return self._demographics("gender", GENDERS)

    def _demographics(self, kind: str, values: tuple[tuple[int, str, int], ...]) -> Iterator[Row]:
        """Every ad group reaches all ages and genders, whether or not it names them."""
        weights = tuple(weight for _, _, weight in values)
        collection = {"age_range": "ageRangeViews", "gender": "genderViews"}[kind]
        for row in self.of("ad_group"):
            group = row.grain[1]
            for index, (criterion, value, _) in enumerate(values):
                key = f"{group}~{criterion}"
                own = {
                    "resource_name": f"{self.account.resource_name}/adGroupCriteria/{key}", "criterion_id": criterion,
                    "ad_group": f"{self.account.resource_name}/adGroups/{group}", "type": kind.upper(), "status": "ENABLED",
                    kind: {"type": value},
                }  # fmt: skip
                view = {"resource_name": f"{self.account.resource_name}/{collection}/{key}"}
                bodies = {**row.bodies, "ad_group_criterion": own, f"{kind}_view": view}
                yield Row(bodies, row.campaigns, pieces=(Piece("group", group, weights, index),))

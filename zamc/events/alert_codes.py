"""Every alert that can be raised. Its code names its runbook: docs/runbooks/<code>.md; a test fails when there is none."""

from enum import StrEnum


class AlertCode(StrEnum):
    """What a person must know. Values are the names of runbooks."""

    GENERAL = "general"
    ACCOUNT_MISSING = "account-missing"
    ACCOUNT_SILENT = "account-silent"
    ACCOUNT_SUSPENDED = "account-suspended"
    ADS_DISAPPROVED = "ads-disapproved"
    CLICK_THROUGH_DOWN = "click-through-down"
    COST_PER_CONVERSION_UP = "cost-per-conversion-up"
    CREATIVE_FATIGUE = "creative-fatigue"
    CHANGE_REFUSED = "change-refused"
    CHANGED_OUTSIDE = "changed-outside"
    DEPLOYMENT_STUCK = "deployment-stuck"
    LATE_LANDING = "late-landing"
    MESSAGES_LOST = "messages-lost"
    ON_AGAINST_RECORD = "on-against-record"
    OVERSPEND = "overspend"
    REMOVED_OUTSIDE = "removed-outside"
    RESERVATION_REFUSED = "reservation-refused"
    RESTORED = "restored"
    SPEND_ODD = "spend-odd"
    STOP_UNCONFIRMED = "stop-unconfirmed"
    STRAY_ON = "stray-on"
    STRAY_UNKNOWN = "stray-unknown"
    TRACKING_STOPPED = "tracking-stopped"
    TOKEN_REVOKED = "token-revoked"  # noqa: S105 - the name of a runbook

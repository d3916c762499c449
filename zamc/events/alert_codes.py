"""Every alert that can be raised. Its code names its runbook: docs/runbooks/<code>.md; a test fails when there is none."""

from enum import StrEnum


class AlertCode(StrEnum):
    """What a person must know. Values are the names of runbooks."""

    GENERAL = "general"
    ACCOUNT_MISSING = "account-missing"
    ACCOUNT_SILENT = "account-silent"
    ACCOUNT_SUSPENDED = "account-suspended"
    ADS_DISAPPROVED = "ads-disapproved"
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
    STOP_UNCONFIRMED = "stop-unconfirmed"
    STRAY_ON = "stray-on"
    STRAY_UNKNOWN = "stray-unknown"
    TOKEN_REVOKED = "token-revoked"  # noqa: S105 - the name of a runbook

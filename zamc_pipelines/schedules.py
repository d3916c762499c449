"""Schedules, registered per environment from one explicit map: what is not in it cannot run there."""

from datetime import timedelta

import dagster as dg

from zamc_pipelines.jobs import campaigns_job, forecast_job, performance_job, status_job, upkeep_job, verdicts_job

safety_net = dg.ScheduleDefinition(
    name="safety_net",
    job=campaigns_job,
    cron_schedule="*/5 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Takes whatever is pending: a failed run, a lost message or a crash is never the last word on an item.",
)
watch = dg.ScheduleDefinition(
    name="watch",
    job=status_job,
    cron_schedule="2-59/15 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Looks at every deployment from the platform's side: what may have changed since the last round.",
)
nightly_reconcile = dg.ScheduleDefinition(
    name="nightly_reconcile",
    job=status_job,
    cron_schedule="40 3 * * *",
    run_config={"ops": {"deployment_status": {"config": {"everything": True}}}},
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Compares whole accounts with our record.",
)
daily_forecasts = dg.ScheduleDefinition(
    name="daily_forecasts",
    job=forecast_job,
    cron_schedule="30 7 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="An hour after yesterday's performance. A day that was forecast already stays as it is.",
)

daily_upkeep = dg.ScheduleDefinition(
    name="daily_upkeep",
    job=upkeep_job,
    # The European Central Bank publishes at about 16:00 in Frankfurt.
    cron_schedule="40 15 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Makes the tables of the months to come, and reads the day's exchange rates.",
)
daily_verdicts = dg.ScheduleDefinition(
    name="daily_verdicts",
    job=verdicts_job,
    cron_schedule="0 7 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Half an hour after yesterday's performance, and before forecasts. What was told already is not told again.",
)


@dg.schedule(
    job=performance_job,
    cron_schedule="30 6 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Yesterday's performance; its look-back window reads the days before again.",
)
def daily_performance(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """One run a day, keyed by the day, so that a tick evaluated twice asks once."""
    day = (context.scheduled_execution_time - timedelta(days=1)).date().isoformat()
    return dg.RunRequest(run_key=f"performance:{day}", partition_key=day)


@dg.schedule(
    job=performance_job,
    cron_schedule="10 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Today so far, at the grains that are decided on; every account on its own today.",
)
def hourly_performance(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """One run an hour, keyed by the hour."""
    hour = context.scheduled_execution_time
    today_alone = {"config": {"look_back": False, "light": True}}
    return dg.RunRequest(
        run_key=f"performance:{hour:%Y-%m-%dT%H}",
        partition_key=hour.date().isoformat(),
        run_config={"ops": dict.fromkeys(("google_ads_performance", "meta_ads_performance"), today_alone)},
    )


_PERFORMANCE = [daily_upkeep, hourly_performance, daily_performance, daily_verdicts, daily_forecasts]
SCHEDULES: dict[str, list[dg.ScheduleDefinition]] = {
    "local": [safety_net, watch, nightly_reconcile, *_PERFORMANCE],
    "staging": [safety_net, watch, nightly_reconcile, *_PERFORMANCE],
    "production": [safety_net, watch, nightly_reconcile, *_PERFORMANCE],
}

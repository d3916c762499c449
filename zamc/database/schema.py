"""All tables in one place: what migrations compare themselves with."""

import zamc.analytics.archive_tables
import zamc.analytics.nowcast_tables
import zamc.analytics.tables
import zamc.analytics.verdict_tables
import zamc.creatives.tables
import zamc.deployments.tables
import zamc.deployments.watch_tables
import zamc.events.tables
import zamc.identity.tables
import zamc.llm.tables
import zamc.notifications.delivery_tables
import zamc.notifications.tables
import zamc.optimisation.tables
import zamc.projects.tables
import zamc.requests.tables
import zamc.strategies.tables  # noqa: F401
from zamc.database.base import Base

metadata = Base.metadata

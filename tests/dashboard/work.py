"""What others do around the dashboard, as a process of its own: a customer's set-up, and the work of the pipelines.

python -m tests.dashboard.work set-up    the project of the Blender brief, with accounts and a spend policy
python -m tests.dashboard.work carry     every strategy that was asked for, as far as it goes
"""

import os
import sys
from pathlib import Path

from cli.demo.customer import Sandbox, set_up
from zamc.bootstrap import Services, services
from zamc.strategies.brief_rules import read_brief

BRIEF = Path("examples/briefs/blender-studio-subscription.yaml")


def _set_up(wired: Services) -> None:
    sandbox = Sandbox(os.environ["ZAMC_SANDBOX_URL"])
    file = read_brief(BRIEF.read_text())
    set_up(wired, sandbox, file.project, file.brief)
    sandbox.close()


def _carry(wired: Services) -> None:
    wired.strategies.draft()
    wired.creatives.make_copy()
    wired.creatives.make_images()
    wired.creatives.make_videos()
    wired.deployments.launch("google_ads")
    wired.deployments.launch("meta_ads")


if __name__ == "__main__":
    {"set-up": _set_up, "carry": _carry}[sys.argv[1]](services())

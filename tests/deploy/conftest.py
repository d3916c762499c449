"""What is collected: the checks that need the network or minutes only where they are asked for, by `make deploy-check`."""

import os

collect_ignore = [] if os.environ.get("ZAMC_DEPLOY_CHECK") else ["test_image_build.py", "test_checkov.py"]

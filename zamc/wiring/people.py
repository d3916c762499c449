"""Who signs in, and what they may fetch."""

from functools import cached_property
from typing import TYPE_CHECKING

from zamc.wiring.foundation import Foundation

if TYPE_CHECKING:
    from zamc.identity.desk import IdentityDesk
    from zamc.storage.links import FileLinks


class People(Foundation):
    """Who signs in, and what they may fetch."""

    @cached_property
    def identity(self) -> "IdentityDesk":
        """Who signs in, and how."""
        from zamc.identity.desk import IdentityDesk

        return IdentityDesk(self.settings, self.database, self.clock, self.limiter)

    @cached_property
    def file_links(self) -> "FileLinks":
        """Addresses of files that are good for a while."""
        from zamc.storage.links import FileLinks

        return FileLinks(lambda: self.identity.keyring, self.clock)

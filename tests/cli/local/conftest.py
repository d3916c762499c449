from tests.services import services

__all__ = ["services"]

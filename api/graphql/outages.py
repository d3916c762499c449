"""What PostgreSQL and Valkey raise while they are down."""

from redis.exceptions import RedisError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from api.room import Resting

# What the breaker counts: no answer. A pool that is used up says nothing about the server.
POSTGRES_OUTAGES = (OperationalError, InterfaceError)
OUTAGES = (*POSTGRES_OUTAGES, NoConnection, Resting)
# Whoever asks for a caller may meet either.
NOBODY_KNOWS = (*OUTAGES, RedisError)

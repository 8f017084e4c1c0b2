"""The model."""

from __future__ import annotations

import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class Person(AbstractBaseUser):
    """Who signs in by an address."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    address = models.EmailField(unique=True)

    USERNAME_FIELD = 'address'
    objects: BaseUserManager[Person] = BaseUserManager()

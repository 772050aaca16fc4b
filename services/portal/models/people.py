from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models.functions import Now

from shared.auth.actors import Actor
from shared.vocabulary.roles import Role


class User(AbstractBaseUser):
    """A person who signs in. `customer` is empty for staff; a customer's people have exactly one.

    The role is read anew with every request, so that taking it away works at once.
    """

    name = models.CharField(primary_key=True, max_length=100)
    full_name = models.CharField(max_length=200)
    role = models.CharField(max_length=30, choices=[(role.value, role.value) for role in Role])
    customer = models.CharField(max_length=100, blank=True)
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "name"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__startswith="customer", customer__gt="")
                | (~models.Q(role__startswith="customer") & models.Q(customer="")),
                name="user_customer_goes_with_role",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def actor(self) -> Actor:
        return Actor(self.name, Role(self.role), self.customer)


class OneTimeLink(models.Model):
    """A sign-in link that works once, for a short time; only its hash is kept."""

    token_hash = models.CharField(primary_key=True, max_length=64)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="links")
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"link for {self.user_id}"
